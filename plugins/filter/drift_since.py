# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter drift_since: two audits in, what has changed between them out."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.compare import since
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import MacguardError


def drift_since(now: Mapping[str, t.Any], earlier: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Returns what is new, gone and changed."""
    try:
        return since(now, earlier)
    except MacguardError as exc:
        raise AnsibleFilterError(f"macguard.vsphere.drift_since: {exc.message}") from exc
    # Facts of another version, say, out of an old file.
    except (KeyError, TypeError) as exc:
        raise AnsibleFilterError(
            "macguard.vsphere.drift_since: These aren't facts of this version's mac_drift_facts: give the value of "
            f"ansible_facts.mac_drift. ({type(exc).__name__}: {exc})"
        ) from exc


class FilterModule:
    """Names the filter for Ansible."""

    def filters(self) -> dict[str, Callable[..., t.Any]]:
        return {"drift_since": drift_since}
