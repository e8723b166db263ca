# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter drift_report: the facts of an audit in, a page for people out."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.macguard.vsphere.plugins.plugin_utils.drift_report.page import page


def drift_report(facts: Mapping[str, t.Any]) -> str:
    """Returns the report as one HTML file."""
    try:
        return page(facts)
    except (KeyError, TypeError) as exc:
        raise AnsibleFilterError(
            "macguard.vsphere.drift_report: These aren't facts of this version's mac_drift_facts: give the value of "
            f"ansible_facts.mac_drift. ({type(exc).__name__}: {exc})"
        ) from exc


class FilterModule:
    """Names the filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        return {"drift_report": drift_report}
