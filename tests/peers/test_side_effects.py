# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other people's modules do to the two stories beside what they were asked for, as seen in the lab afterwards.

docs/docsite/rst/guide_peers.rst tells the same with versions. A newer version that does better fails here: then
the guide has to say so.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab
from pyVim.task import WaitForTask
from pyVmomi import vim

from ..integration.conftest import Lab
from .conftest import PlayPeers


class Served:
    """A lab in this process, so that a test can look inside, served to the programs outside."""

    def __init__(self, scenario: str) -> None:
        self.lab = vsphere_lab.load(scenario)
        self.content = self.lab.connect().content
        self.server = vsphere_lab.serve(self.lab)
        self.access = Lab(self.server.port, self.server.ca_file)

    def named(self, kind: type, name: str) -> t.Any:
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        return next(ref for ref in view.view if ref.name == name)

    def network(self, host: str) -> t.Any:
        return self.named(vim.HostSystem, host).configManager.networkSystem.networkInfo

    def portgroup(self, name: str, host: str = "esx01.lab") -> t.Any:
        return next(item.spec for item in self.network(host).portgroup if item.spec.name == name)

    def vswitch(self, host: str = "esx01.lab") -> t.Any:
        return next(item for item in self.network(host).vswitch if item.name == "vSwitch0")

    def edits(self) -> int:
        return sum(method == "ReconfigVM_Task" for method, _moid in self.lab.calls)

    def card(self, vm: str) -> t.Any:
        devices = self.named(vim.VirtualMachine, vm).config.hardware.device
        return next(device for device in devices if isinstance(device, vim.vm.device.VirtualEthernetCard))


@pytest.fixture
def nested() -> Iterator[Served]:
    served = Served("nested")
    yield served
    served.server.stop()


@pytest.fixture
def drift() -> Iterator[Served]:
    served = Served("drift")
    yield served
    served.server.stop()


def test_one_flag_of_a_standard_portgroup_costs_its_vlan_teaming_and_shaping(
    nested: Served, play_peers: PlayPeers
) -> None:
    before = nested.portgroup("Nested")
    assert (before.vlanId, before.policy.nicTeaming.policy) == (100, "failover_explicit")
    assert before.policy.shapingPolicy.enabled is True

    played = play_peers(nested.access, "portgroup_one_flag.yml")

    after = nested.portgroup("Nested")
    assert after.policy.security.forgedTransmits is True
    assert after.vlanId == 0
    assert not after.policy.nicTeaming or after.policy.nicTeaming.policy is None
    assert not after.policy.shapingPolicy or after.policy.shapingPolicy.enabled is None
    assert played["Accept forged transmits"].changed
    # What it was done for isn't reached either: without its VLAN the nested ESXi is cut off from everything.
    reach = nested.lab.door("reach", source="nested-vm-1", target="gateway")
    assert not (reach["outbound"]["ok"] and reach["inbound"]["ok"])


def test_one_flag_of_a_standard_switch_costs_its_uplinks(nested: Served, play_peers: PlayPeers) -> None:
    assert nested.vswitch().pnic
    play_peers(nested.access, "vswitch_one_flag.yml")
    after = nested.vswitch()
    assert after.spec.policy.security.forgedTransmits is True
    assert not after.spec.bridge
    assert not after.pnic


def test_the_flags_of_a_distributed_portgroup_cost_its_teaming(nested: Served, play_peers: PlayPeers) -> None:
    group = nested.named(vim.dvs.DistributedVirtualPortgroup, "dv-nested")
    nested_types = vim.dvs.VmwareDistributedVirtualSwitch
    teaming = nested_types.UplinkPortTeamingPolicy(
        inherited=False, policy=vim.StringPolicy(inherited=False, value="loadbalance_ip")
    )
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(
        configVersion=group.config.configVersion,
        defaultPortConfig=nested_types.VmwarePortConfigPolicy(uplinkTeamingPolicy=teaming),
    )
    WaitForTask(group.ReconfigureDVPortgroup_Task(spec))
    assert group.config.defaultPortConfig.uplinkTeamingPolicy.policy.value == "loadbalance_ip"

    play_peers(nested.access, "dvs_portgroup_flags.yml")

    setting = group.config.defaultPortConfig
    assert setting.macManagementPolicy.forgedTransmits is True
    assert setting.uplinkTeamingPolicy.policy.value == "loadbalance_srcid"


def test_a_portgroup_change_resets_wake_on_lan_and_looks_at_nothing(drift: Served, play_peers: PlayPeers) -> None:
    drift.lab.door("guest_set_mac", vm="web-01", mac="00:50:56:99:99:99")
    before = drift.card("web-01")
    assert before.wakeOnLanEnabled is True

    played = play_peers(drift.access, "guest_network_move.yml")

    after = drift.card("web-01")
    assert (after.macAddress, after.addressType) == (before.macAddress, before.addressType)
    assert after.wakeOnLanEnabled is False
    assert played["Move a vNIC"].changed
    # The guest used another MAC, the target rejects that, and the module reports success.
    (vnic,) = drift.lab.door("state", vm="web-01")["nics"]
    assert vnic["blocked"] is True


def test_a_portgroup_change_in_check_mode_is_carried_out(drift: Served, play_peers: PlayPeers) -> None:
    before, edits = drift.card("web-01"), drift.edits()
    play_peers(drift.access, "vm_move.yml", "--check")
    assert drift.edits() == edits + 1
    after = drift.card("web-01")
    assert after.backing.port.portgroupKey != before.backing.port.portgroupKey
    assert (after.macAddress, after.addressType) == (before.macAddress, before.addressType)


def test_neither_collection_pins_the_mac_that_a_vnic_has(drift: Served, play_peers: PlayPeers) -> None:
    before = drift.card("web-01")
    played = play_peers(drift.access, "pin_current_mac.yml")
    assert not played["Ask vmware.vmware for the MAC that the vNIC has"].changed
    after = drift.card("web-01")
    assert (before.addressType, after.addressType) == ("assigned", "assigned")
    assert after.macAddress == before.macAddress
    # Each run of vmware_guest_network is an edit, changed or not.
    edits = drift.edits()
    assert not play_peers(drift.access, "pin_current_mac.yml").changed
    assert drift.edits() == edits + 1
