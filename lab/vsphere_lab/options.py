# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the whole server (VpxSettings): read, changed, and never of another type than before."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject
from .sdk import vim, vmodl

Any = t.Any
VCENTER: dict[str, Any] = {
    "VirtualCenter.FQDN": "vcenter.lab",
    "VirtualCenter.InstanceName": "vcenter.lab",
    "VirtualCenter.VimApiUrl": "https://vcenter.lab/sdk",
    "config.vmacore.soap.sessionTimeout": 30,
    "event.batchsize": 30,
    "event.maxAge": 30,
    "event.maxAgeEnabled": True,
    "event.maxCollectors": 32,
    "instance.id": 6,
    "task.maxAge": 30,
    "task.maxAgeEnabled": True,
}
ESXI: dict[str, Any] = {"event.maxAge": 30, "event.maxAgeEnabled": True}


class OptionManager(ManagedObject):
    """Named values; a change must name a known one and keep its type."""

    wsdl = vim.option.OptionManager

    def __init__(self, lab: Lab, moid: str, options: dict[str, Any]) -> None:
        super().__init__(lab, moid)
        self.options = dict(options)

    def setting(self, key: str) -> Any:
        """Return the value of one option."""
        return self.options[key]

    def change(self, **options: Any) -> None:
        """Change options by force, as a scenario does (dots are written as double underscores)."""
        self.options.update({key.replace("__", "."): value for key, value in options.items()})
        self.touch("setting")

    def get_setting(self) -> list[Any]:
        """Return all options."""
        return [_value(key, value) for key, value in sorted(self.options.items())]

    def get_supportedOption(self) -> list[Any]:
        """Return nothing: the lab does not describe these options."""
        return []

    def QueryOptions(self, call: Call, name: str | None = None) -> list[Any]:
        """Return one option, or a subtree if the name ends with a dot; InvalidName if there is none."""
        found = [
            _value(key, value)
            for key, value in sorted(self.options.items())
            if not name or key == name or key.startswith(name if name.endswith(".") else f"{name}.")
        ]
        if not found:
            raise vim.fault.InvalidName(name=name, msg=f"The name '{name}' is not valid.")
        return found

    def UpdateOptions(self, call: Call, changes: list[Any]) -> None:
        """Change options; nothing is changed if one of them is refused."""
        root = self.lab.services.get("rootFolder")
        if root is not None:
            call.require("Global.Settings", root)
        for change in changes:
            if change.key not in self.options:
                raise vim.fault.InvalidName(name=change.key, msg=f"The name '{change.key}' is not valid.")
            if not isinstance(change.value, type(self.options[change.key])):
                raise vmodl.fault.InvalidArgument(
                    invalidProperty=change.key, msg=f"A specified parameter was not correct: {change.key}"
                )
        self.options.update({change.key: change.value for change in changes})
        self.touch("setting")
        self._apply()

    def _apply(self) -> None:
        minutes = self.options.get("config.vmacore.soap.sessionTimeout")
        if minutes is not None:
            self.lab.service("sessionManager").idle_seconds = minutes * 60.0


def _value(key: str, value: Any) -> Any:
    return vim.option.OptionValue(key=key, value=value)
