# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What distributed switches, portgroups and ports have in common: versions, and settings that are refused."""

from __future__ import annotations

import typing as t

from .places import Entity
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .switches import DistributedSwitch

Any = t.Any


def invalid(what: str) -> Exception:
    """Return the fault for a parameter that is not right."""
    fault = vmodl.fault.InvalidArgument(invalidProperty=what, msg=f"A specified parameter was not correct: {what}")
    return t.cast(Exception, fault)


def stale() -> Exception:
    """Return the fault for a change that is based on an older state (rule config_version_required)."""
    text = "Cannot complete operation due to concurrent modification by another operation."
    return t.cast(Exception, vim.fault.ConcurrentAccess(msg=text))


class Versioned(Entity):
    """A thing with a configVersion."""

    version = 0
    setting_state = 0  # counts the changes of the setting, for who has computed something from it

    def check_version(self, sent: str | None) -> None:
        if sent is None:
            raise invalid("spec.configVersion")
        if sent != str(self.version):
            raise stale()


def check_setting(switch: DistributedSwitch, sent: Any) -> None:
    """Refuse what this switch cannot do."""
    modern = sent.macManagementPolicy
    learning = modern.macLearningPolicy if modern is not None and not modern.inherited else None
    if learning is None or not learning.enabled:
        return
    if not switch.about.mac_learning_supported:
        raise vmodl.fault.NotSupported(msg=f"MAC learning is not supported by the switch '{switch.name}'.")
    if modern.allowPromiscuous and switch.lab.switches["promiscuous_with_mac_learning"] == "refused":
        raise invalid("macManagementPolicy.macLearningPolicy")
