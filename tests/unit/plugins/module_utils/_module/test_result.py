# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the domain says can be printed as JSON."""

from __future__ import annotations

import json

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import MacLearning, Security, Setting
from ansible_collections.macguard.vsphere.plugins.module_utils._module.result import as_result


def test_values_become_plain_json_all_the_way_down() -> None:
    value = {Setting.ACCEPT: (Security(mac_changes=Setting.REJECT), MacLearning(enabled=True)), "names": {"b", "a"}}
    result = as_result(value)
    assert json.loads(json.dumps(result)) == result
    assert result["accept"][0] == {
        "promiscuous_mode": "inherit",
        "forged_transmits": "inherit",
        "mac_changes": "reject",
    }
    assert result["accept"][1]["limit"] is None
    assert result["names"] == ["a", "b"]
