# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value of one answer missing or odd, anywhere in what a module reads: a result or a failure, never a traceback."""

from __future__ import annotations

import datetime
import typing as t

import pytest
import vsphere_lab
from hypothesis import given
from hypothesis import strategies as st
from pyVmomi import VmomiSupport, vim
from vsphere_lab.vms import VirtualMachine

from .conftest import Run
from .test_fuzz_options import STEADY

ODD: list[t.Any] = [
    None, "", "x\n\x9b[2J", "%", -1, 0, 2**63, 1.5, True, [], [None], ["x"], b"x",
    datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc), vim.VirtualMachine("vm-none"), vim.Folder("group-none"),
    vim.vm.ConfigInfo(), vim.vm.device.VirtualE1000(), vim.Description(),
]  # fmt: skip
TASKS: dict[str, dict[str, t.Any]] = {
    "mac_drift_facts": {"report": "all"},
    "portgroup_security_info": {"baseline": "scg_8"},
    "vnic_mac_pin": {"folder": "prod", "on_refused": "skip"},
    "vnic_portgroup": {"vms": ["off-01"], "target": "dv-production", "require_pinned": False},
    "portgroup_security": {"type": "portgroup", "names": ["VM Network"], "datacenter": "DC1", "mac_changes": "accept"},
}


class OddVcenter:
    """A lab of which one answer has one odd value."""

    def __init__(self, lab: vsphere_lab.Lab, call: int, place: int, value: t.Any) -> None:
        self.lab, self.left, self.place, self.value = lab, call, place, value

    def connect(self, *login: str) -> t.Any:
        instance = self.lab.connect(*login)
        stub = instance._stub
        answer = stub.InvokeMethod

        def invoke(*request: t.Any) -> t.Any:
            result = answer(*request)
            self.left -= 1
            return self.odd(result) if self.left == -1 else result

        stub.InvokeMethod = invoke
        return instance

    def odd(self, result: t.Any) -> t.Any:
        """Changes the result's nth value, counting those of the objects inside it."""
        slots = list(places(result))
        if not slots:
            return self.value
        holder, key = slots[self.place % len(slots)]
        if isinstance(holder, list):
            list.__setitem__(holder, key, self.value)
        else:
            holder.__dict__[key] = self.value
        return result


def places(value: t.Any) -> t.Iterator[tuple[t.Any, t.Any]]:
    """Yields each object or list with each name or index under which it holds something."""
    if isinstance(value, VmomiSupport.DataObject):
        inner: list[tuple[t.Any, t.Any]] = list(vars(value).items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    else:
        return
    for key, below in inner:
        yield value, key
        yield from places(below)


def macs(lab: vsphere_lab.Lab) -> dict[str, list[str]]:
    return {vm.moid: [nic.macAddress for nic in vm.nics] for vm in lab.all(VirtualMachine)}


@pytest.mark.parametrize("module", TASKS)
def test_any_answer_is_understood_or_refused(run: Run, module: str) -> None:
    lab = vsphere_lab.load("drift")
    before = macs(lab)
    reads = module.endswith(("facts", "info"))

    @STEADY
    @given(st.integers(0, 25), st.integers(0, 10**6), st.sampled_from(ODD), st.booleans())
    def try_it(call: int, place: int, value: t.Any, check: bool) -> None:
        odd: t.Any = OddVcenter(lab, call, place, value)
        result = run(odd, module, check=check, **TASKS[module])
        if result.get("failed"):
            assert result["msg"].isprintable()
            assert result["error"]
        if reads or check:
            assert not result["changed"] or check
        assert macs(lab) == before

    try_it()
