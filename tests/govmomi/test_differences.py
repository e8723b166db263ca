# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vcsim and the lab answer the same questions alike, or differ as said here, with the one that is right and why.

Both answers of a difference are written down, so that neither server can change its own unnoticed.
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab

from ..integration.conftest import Lab
from .conftest import StartVcsim
from .questions import QUESTIONS, asker

LIKE_VCSIM = pathlib.Path(__file__).with_name("like_vcsim.yml")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """What each says, which of them does as vSphere does, and what says so."""

    vcsim: t.Any
    lab: t.Any
    right: t.Literal["lab", "vcsim", "either"]
    source: str


CARD = ["addressType", "backing", "connectable", "controllerKey", "deviceInfo", "key", "macAddress"]
CARD += ["resourceAllocation", "unitNumber", "wakeOnLanEnabled"]

DIFFERENCES: dict[str, Difference] = {
    # Reading
    "type_of_the_distributed_switch": Difference(
        vcsim="DistributedVirtualSwitch",
        lab="VmwareDistributedVirtualSwitch",
        right="lab",
        source="API reference, VmwareDistributedVirtualSwitch: the type that vCenter's own switches have",
    ),
    "continue_with_a_bad_token": Difference(
        vcsim="KeyError in pyVmomi",
        lab="InvalidProperty",
        right="lab",
        source="API reference, ContinueRetrievePropertiesEx; vcsim writes Go's own name of the fault",
    ),
    "cancel_a_retrieval": Difference(
        vcsim="MethodNotFound",
        lab="none",
        right="lab",
        source="API reference, CancelRetrievePropertiesEx; not implemented in vcsim",
    ),
    "unset_property_as_an_attribute": Difference(
        vcsim="AttributeError in pyVmomi",
        lab="none",
        right="lab",
        source="pyVmomi reads attributes by Fetch; vcsim answers that of an unset one with another method's response",
    ),
    "unknown_property": Difference(
        vcsim="none",
        lab="InvalidProperty",
        right="lab",
        source="API reference, RetrievePropertiesEx throws InvalidProperty; vcsim only lists it in missingSet",
    ),
    "backing_of_a_vnic_on_a_dvportgroup": Difference(
        vcsim=("DistributedVirtualPortBackingInfo", ["portgroupKey", "switchUuid"]),
        lab=("DistributedVirtualPortBackingInfo", ["connectionCookie", "portKey", "portgroupKey", "switchUuid"]),
        right="lab",
        source="API reference, DistributedVirtualSwitchPortConnection; vcsim has no dvPorts to connect to",
    ),
    "fields_of_a_vnic": Difference(
        vcsim=(CARD, ["slotInfo"]),
        lab=(CARD, ["uptCompatibilityEnabled"]),
        right="either",
        source="vcsim's card is an E1000 with its PCI slot, the lab's a VMXNET3, which has one field of its own",
    ),
    "guest_net": Difference(
        vcsim=(True, 4000, None),
        lab=(True, 4000, "DC0_DVPG0"),
        right="lab",
        source="API reference, GuestNicInfo.network: name of the portgroup on the host; vcsim: standard ones only",
    ),
    "guest_net_of_a_vm_that_is_off": Difference(
        vcsim=1,
        lab=0,
        right="either",
        source="API reference, GuestInfo.net: if known; the collection uses it only while Tools run",
    ),
    "vswitch_of_a_host": Difference(
        vcsim=("vSwitch0", ["key", "name", "numPorts", "numPortsAvailable", "portgroup", "spec"]),
        lab=("vSwitch0", ["key", "mtu", "name", "numPorts", "numPortsAvailable", "pnic", "portgroup", "spec"]),
        right="lab",
        source="API reference, HostVirtualSwitch.pnic and mtu; vcsim has them in host.config.network only",
    ),
    "ports_of_the_distributed_switch": Difference(
        vcsim=([], True, True),
        lab=(["DC0_C0_RP0_VM0", "DC0_C0_RP0_VM1", "DC0_C0_RP0_VM2"], True, True),
        right="lab",
        source="API reference, DistributedVirtualPort.connectee; vcsim makes one port per portgroup, never connected",
    ),
    "keys_of_the_ports": Difference(
        vcsim="MethodNotFound", lab="none", right="lab", source="API reference, FetchDVPortKeys; not in vcsim"
    ),
    "security_of_a_dvportgroup": Difference(
        vcsim=None,
        lab=(False, False, False),
        right="lab",
        source="API reference, MacManagementPolicy, since 6.7: shown in effect; vcsim's template is older",
    ),
    "first_update_of_a_filter": Difference(
        vcsim=("enter", [("name", "assign", True), ("snapshot", "assign", False)], True),
        lab=("enter", [("name", "assign", True)], True),
        right="either",
        source="API reference, PropertyChange: doesn't say whether a property that is unset from the start is a change",
    ),
    # Writing
    "a_mac_that_is_none": Difference(
        vcsim="none",
        lab="InvalidDeviceSpec",
        right="lab",
        source="API reference, ReconfigVM_Task throws InvalidDeviceSpec; vcsim checks no MAC",
    ),
    "an_edit_that_omits_the_mac": Difference(
        vcsim=True,
        lab=False,
        right="lab",
        source="pyvmomi issue 260: vCenter assigns a new MAC; vcsim keeps what an edit leaves out",
    ),
    "move_to_a_standard_portgroup_and_back": Difference(
        vcsim=(
            [("NetworkBackingInfo", True), ("DistributedVirtualPortBackingInfo", True)],
            ["portgroupKey", "switchUuid"],
        ),
        lab=(
            [("NetworkBackingInfo", True), ("DistributedVirtualPortBackingInfo", True)],
            ["connectionCookie", "portKey", "portgroupKey", "switchUuid"],
        ),
        right="lab",
        source="API reference, DistributedVirtualSwitchPortConnection: the server fills in the port; vcsim doesn't",
    ),
    "move_to_a_dvportgroup_that_does_not_exist": Difference(
        vcsim="none",
        lab="InvalidArgument",
        right="lab",
        source="there is nothing to connect to; that it is just this fault isn't documented",
    ),
    "a_change_version_that_is_stale": Difference(
        vcsim="none",
        lab="ConcurrentAccess",
        right="lab",
        source="API reference, VirtualMachineConfigSpec.changeVersion guards against concurrent changes",
    ),
    "vmotion": Difference(
        vcsim=("MethodNotFound", False),
        lab=("none", True),
        right="lab",
        source="API reference, MigrateVM_Task (deprecated, still there); vcsim has RelocateVM_Task only",
    ),
    "security_of_a_dvportgroup_alone": Difference(
        vcsim=((False, True, False), {"name": False, "numPorts": False, "type": False, "teaming": False}),
        lab=((False, True, False), {"name": True, "numPorts": True, "type": True, "teaming": True}),
        right="lab",
        source="API reference, DVPortgroupConfigSpec: unset fields stay; vcsim replaces the whole configuration",
    ),
    "a_config_version_that_is_stale": Difference(
        vcsim="none",
        lab="ConcurrentAccess",
        right="lab",
        source="API reference, DVPortgroupConfigSpec.configVersion: ConcurrentAccess if it isn't the current one",
    ),
    "update_a_standard_portgroup": Difference(
        vcsim="MethodNotFound", lab="none", right="lab", source="API reference, UpdatePortGroup; not in vcsim"
    ),
    "add_a_standard_portgroup_twice": Difference(
        vcsim=("none", "DuplicateName"),
        lab=("none", "AlreadyExists"),
        right="lab",
        source="API reference, AddPortGroup throws AlreadyExists",
    ),
    "rename_to_a_name_that_is_taken": Difference(
        vcsim="InvalidArgument",
        lab="DuplicateName",
        right="lab",
        source="API reference, Rename_Task throws DuplicateName",
    ),
    # Events
    "events_before_the_oldest": Difference(
        vcsim=["DC0_C0_RP0_VM1", "DC0_C0_RP0_VM0"],
        lab=[],
        right="lab",
        source="API reference, RewindCollector: a new collector stands at the oldest item",
    ),
    "events_by_their_long_name": Difference(
        vcsim=0,
        lab=2,
        right="either",
        source="API reference, EventFilterSpec.eventTypeId: by type; alarms of vCenter say vim.event.…",
    ),
    "events_after_a_rewind": Difference(
        vcsim=["DC0_C0_RP0_VM1"],
        lab=["DC0_C0_RP0_VM0", "DC0_C0_RP0_VM1"],
        right="lab",
        source="API reference, RewindCollector: the oldest item is the next one read; vcsim loses one",
    ),
}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with vsphere_lab.serve(vsphere_lab.load(LIKE_VCSIM)) as server:
        yield Lab(port=server.port, ca_file=server.ca_file)


@pytest.fixture
def vcsim(start_vcsim: StartVcsim) -> Lab:
    return start_vcsim("-standalone-host", "0", "-vm", "3")


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_answer_alike_or_differ_as_explained(name: str, lab: Lab, vcsim: Lab) -> None:
    answers = {}
    for server, port in (("vcsim", vcsim), ("lab", lab)):
        with asker(port) as ask:
            answers[server] = QUESTIONS[name](ask)
    difference = DIFFERENCES.get(name)
    if difference is None:
        assert answers["lab"] == answers["vcsim"]
    else:
        assert answers == {"vcsim": difference.vcsim, "lab": difference.lab}
        assert difference.vcsim != difference.lab, "no difference any more"


def test_every_difference_is_one_of_a_question() -> None:
    assert set(DIFFERENCES) <= set(QUESTIONS)
    assert all(len(difference.source) > 20 for difference in DIFFERENCES.values())
