# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two vSphere servers with like inventories are asked; each question returns its answer as plain data.

A fault is an answer too: its name. Names of objects are vcsim's; ids, MACs and times are left out, as they must differ.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import ssl
import time
import typing as t
from collections.abc import Callable, Iterator

from pyVim import connect, task
from pyVmomi import vim, vmodl

from ..integration.conftest import ADMIN, Lab

VM, OTHER, OFF = "DC0_C0_RP0_VM0", "DC0_C0_RP0_VM1", "DC0_C0_RP0_VM2"
query = vmodl.query.PropertyCollector


@dataclasses.dataclass(frozen=True)
class Asker:
    """One login to one server, and the ways to find things that every question needs."""

    server: Lab
    content: t.Any

    def named(self, kind: type, name: str) -> t.Any:
        return next(ref for ref in self.all(kind) if ref.name == name)

    def all(self, kind: type) -> list[t.Any]:
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [kind], True)
        return list(view.view)

    def vm(self, name: str = VM) -> t.Any:
        return self.named(vim.VirtualMachine, name)

    def card(self, name: str = VM) -> t.Any:
        """The first vNIC, read alone: a device of its own, which a question may edit."""
        devices = self.read(self.vm(name), "config.hardware.device")["config.hardware.device"]
        return next(device for device in devices if isinstance(device, vim.vm.device.VirtualEthernetCard))

    def read(self, ref: t.Any, *paths: str) -> dict[str, t.Any]:
        """The properties of one object, without reading attributes: vcsim fails at those that are unset."""
        (found,) = self.content.propertyCollector.RetrieveContents([filter_spec(ref, *paths)])
        return {prop.name: prop.val for prop in found.propSet}

    def reconfigure(self, name: str = VM, **spec: t.Any) -> None:
        task.WaitForTask(self.vm(name).ReconfigVM_Task(vim.vm.ConfigSpec(**spec)))

    def edit(self, card: t.Any, name: str = VM, **spec: t.Any) -> None:
        change = vim.vm.device.VirtualDeviceSpec(operation="edit", device=card)
        self.reconfigure(name, deviceChange=[change], **spec)

    def history(self, *types: str, page: int = 100) -> t.Any:
        asked = vim.event.EventFilterSpec(eventTypeId=list(types)) if types else vim.event.EventFilterSpec()
        collector = self.content.eventManager.CreateCollectorForEvents(asked)
        collector.SetCollectorPageSize(page)
        return collector


Question = Callable[[Asker], t.Any]
QUESTIONS: dict[str, Question] = {}


def question(asked: Question) -> Question:
    QUESTIONS[asked.__name__] = asked
    return asked


@contextlib.contextmanager
def asker(server: Lab, password: str = ADMIN["VMWARE_PASSWORD"]) -> Iterator[Asker]:
    """Log in for the time of a question."""
    instance = connect.SmartConnect(
        host="127.0.0.1",
        port=server.port,
        user=ADMIN["VMWARE_USER"],
        pwd=password,
        sslContext=ssl.create_default_context(cafile=server.ca_file),
    )
    try:
        yield Asker(server, instance.RetrieveContent())
    finally:
        with contextlib.suppress(vim.fault.NotAuthenticated):
            connect.Disconnect(instance)


def fault(ask: Callable[[], t.Any]) -> str:
    """The name of the fault that came, or "none"."""
    try:
        ask()
    except vmodl.MethodFault as raised:
        return type(raised).__name__.rsplit(".", 1)[-1]
    except (AttributeError, KeyError) as broken:
        return f"{type(broken).__name__} in pyVmomi"  # the answer isn't what the type says
    return "none"


def filter_spec(ref: t.Any, *paths: str) -> t.Any:
    properties = query.PropertySpec(type=type(ref), pathSet=list(paths))
    return query.FilterSpec(propSet=[properties], objectSet=[query.ObjectSpec(obj=ref)])


def view_spec(view: t.Any, kind: type, *paths: str) -> t.Any:
    walk = query.TraversalSpec(type=type(view), path="view", skip=False)
    properties = query.PropertySpec(type=kind, pathSet=list(paths))
    return query.FilterSpec(propSet=[properties], objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[walk])])


def kind(value: t.Any) -> str:
    return type(value).__name__.rsplit(".", 1)[-1]


def set_fields(value: t.Any) -> list[str]:
    """Which fields of a data object have a value."""
    return sorted(info.name for info in value._GetPropertyList() if getattr(value, info.name) not in (None, []))


# Who is there


@question
def about(ask: Asker) -> t.Any:
    about = ask.content.about
    return about.apiType, about.apiVersion, about.productLineId


@question
def wrong_password(ask: Asker) -> t.Any:
    def login() -> None:
        with asker(ask.server, password="wrong"):
            pass

    return fault(login)


@question
def call_after_logout(ask: Asker) -> t.Any:
    vm = ask.vm()
    ask.content.sessionManager.Logout()
    return fault(lambda: vm.Rename_Task("x")), fault(lambda: vm.name)


@question
def second_login_in_one_session(ask: Asker) -> t.Any:
    return fault(lambda: ask.content.sessionManager.Login(ADMIN["VMWARE_USER"], ADMIN["VMWARE_PASSWORD"]))


@question
def privileges_that_do_not_exist(ask: Asker) -> t.Any:
    session = ask.content.sessionManager.currentSession.key
    check = ask.content.authorizationManager.HasPrivilegeOnEntities
    found = []
    said = fault(lambda: found.extend(check([ask.vm()], session, ["No.Such.Privilege"])))
    return [privilege.isGranted for result in found for privilege in result.privAvailability] or said


# Reading


@question
def inventory(ask: Asker) -> t.Any:
    kinds = [vim.Datacenter, vim.ClusterComputeResource, vim.HostSystem, vim.VirtualMachine, vim.Network]
    # vCenter and vcsim add the switch's number to the name of its uplink portgroup.
    names = [(kind(ref), re.sub(r"(?<=-DVUplinks)-\d+$", "", ref.name)) for each in kinds for ref in ask.all(each)]
    return sorted(names)


@question
def type_of_the_distributed_switch(ask: Asker) -> t.Any:
    return kind(ask.all(vim.DistributedVirtualSwitch)[0])


@question
def find_by_inventory_path(ask: Asker) -> t.Any:
    find = ask.content.searchIndex.FindByInventoryPath
    return find(f"DC0/vm/{VM}").name, find("DC0/vm/absent"), find("DC0/host/DC0_C0/DC0_C0_H0").name


@question
def find_by_uuid(ask: Asker) -> t.Any:
    found = ask.read(ask.vm(), "config.uuid", "config.instanceUuid")
    find = ask.content.searchIndex.FindByUuid
    return (
        find(None, found["config.uuid"], True, False).name,
        find(None, found["config.instanceUuid"], True, True).name,
        find(None, "00000000-0000-0000-0000-000000000000", True, False),
    )


@question
def answers_come_in_the_order_of_the_view(ask: Asker) -> t.Any:
    view = ask.content.viewManager.CreateContainerView(ask.content.rootFolder, [vim.VirtualMachine], True)
    spec = view_spec(view, vim.VirtualMachine, "name")
    found = ask.content.propertyCollector.RetrieveContents([spec])
    return [item.obj._moId for item in found] == [ref._moId for ref in view.view]


@question
def pages(ask: Asker) -> t.Any:
    collector = ask.content.propertyCollector
    view = ask.content.viewManager.CreateContainerView(ask.content.rootFolder, [vim.VirtualMachine], True)
    page = collector.RetrievePropertiesEx(
        [view_spec(view, vim.VirtualMachine, "name")], query.RetrieveOptions(maxObjects=2)
    )
    sizes = [len(page.objects)]
    while page.token:
        page = collector.ContinueRetrievePropertiesEx(page.token)
        sizes.append(len(page.objects))
    return sizes


@question
def continue_with_a_bad_token(ask: Asker) -> t.Any:
    return fault(lambda: ask.content.propertyCollector.ContinueRetrievePropertiesEx("no-such-token"))


@question
def cancel_a_retrieval(ask: Asker) -> t.Any:
    collector = ask.content.propertyCollector
    view = ask.content.viewManager.CreateContainerView(ask.content.rootFolder, [vim.VirtualMachine], True)
    spec = view_spec(view, vim.VirtualMachine, "name")
    page = collector.RetrievePropertiesEx([spec], query.RetrieveOptions(maxObjects=1))
    return fault(lambda: collector.CancelRetrievePropertiesEx(page.token))


@question
def unset_property_in_a_retrieval(ask: Asker) -> t.Any:
    return sorted(ask.read(ask.vm(), "name", "snapshot"))


@question
def unset_property_as_an_attribute(ask: Asker) -> t.Any:
    return fault(lambda: ask.vm().snapshot)


@question
def unknown_property(ask: Asker) -> t.Any:
    return fault(lambda: ask.read(ask.vm(), "name", "nonsense"))


@question
def one_device_by_its_key(ask: Asker) -> t.Any:
    path = "config.hardware.device[4000]"
    found = ask.read(ask.vm(), path, f"{path}.addressType", "config.hardware.device[4999].macAddress")
    return sorted(found), isinstance(found[path], vim.vm.device.VirtualEthernetCard)


@question
def fields_of_a_vnic(ask: Asker) -> t.Any:
    fields, of_the_model = set(set_fields(ask.card())), {"slotInfo", "uptCompatibilityEnabled"}
    return sorted(fields - of_the_model), sorted(fields & of_the_model)


@question
def backing_of_a_vnic_on_a_dvportgroup(ask: Asker) -> t.Any:
    backing = ask.card().backing
    return kind(backing), set_fields(backing.port)


@question
def guest_net(ask: Asker) -> t.Any:
    (nic,) = ask.read(ask.vm(), "guest.net")["guest.net"]
    return nic.macAddress == ask.card().macAddress, nic.deviceConfigId, nic.network


@question
def guest_net_of_a_vm_that_is_off(ask: Asker) -> t.Any:
    task.WaitForTask(ask.vm(OFF).PowerOffVM_Task())
    return len(ask.read(ask.vm(OFF), "guest.net").get("guest.net", []))


@question
def portgroups_of_a_host(ask: Asker) -> t.Any:
    system = ask.read(ask.named(vim.HostSystem, "DC0_C0_H0"), "configManager.networkSystem")
    found = ask.read(system["configManager.networkSystem"], "networkInfo.portgroup")["networkInfo.portgroup"]
    return sorted((item.spec.name, item.spec.vlanId, item.spec.vswitchName, item.vswitch is not None) for item in found)


@question
def vswitch_of_a_host(ask: Asker) -> t.Any:
    system = ask.read(ask.named(vim.HostSystem, "DC0_C0_H0"), "configManager.networkSystem")
    (vswitch,) = ask.read(system["configManager.networkSystem"], "networkInfo.vswitch")["networkInfo.vswitch"]
    return vswitch.name, set_fields(vswitch)


@question
def ports_of_the_distributed_switch(ask: Asker) -> t.Any:
    (switch,) = ask.all(vim.DistributedVirtualSwitch)
    group = ask.named(vim.dvs.DistributedVirtualPortgroup, "DC0_DVPG0")
    asked = vim.dvs.PortCriteria(portgroupKey=[group.key], inside=True, connected=True)
    ports = switch.FetchDVPorts(asked)
    vms = sorted(port.connectee.connectedEntity.name for port in ports if port.connectee)
    return vms, all(port.state is not None for port in ports), len({port.key for port in ports}) == len(ports)


@question
def keys_of_the_ports(ask: Asker) -> t.Any:
    (switch,) = ask.all(vim.DistributedVirtualSwitch)
    return fault(lambda: switch.FetchDVPortKeys(vim.dvs.PortCriteria()))


@question
def security_of_a_dvportgroup(ask: Asker) -> t.Any:
    group = ask.named(vim.dvs.DistributedVirtualPortgroup, "DC0_DVPG0")
    setting = ask.read(group, "config.defaultPortConfig")["config.defaultPortConfig"]
    policy = setting.macManagementPolicy
    return policy and (policy.allowPromiscuous, policy.forgedTransmits, policy.macChanges)


@question
def a_view_that_was_destroyed(ask: Asker) -> t.Any:
    view = ask.content.viewManager.CreateContainerView(ask.content.rootFolder, [vim.VirtualMachine], True)
    view.DestroyView()
    return fault(view.DestroyView)


@question
def first_update_of_a_filter(ask: Asker) -> t.Any:
    collector = ask.content.propertyCollector
    collector.CreateFilter(filter_spec(ask.vm(), "name", "snapshot"), partialUpdates=False)
    update = collector.WaitForUpdatesEx("", query.WaitOptions(maxWaitSeconds=1))
    (item,) = update.filterSet[0].objectSet
    changes = [(change.name, change.op, change.val is not None) for change in item.changeSet]
    again = collector.WaitForUpdatesEx(update.version, query.WaitOptions(maxWaitSeconds=0))
    return item.kind, changes, again is None


# Writing


@question
def pin_of_a_vm_that_is_off(ask: Asker) -> t.Any:
    task.WaitForTask(ask.vm(OFF).PowerOffVM_Task())
    card = ask.card(OFF)
    mac, card.addressType = card.macAddress, "manual"
    ask.edit(card, OFF)
    return ask.card(OFF).addressType, ask.card(OFF).macAddress == mac


@question
def a_new_mac_on_a_vm_that_runs(ask: Asker) -> t.Any:
    card = ask.card()
    card.addressType, card.macAddress = "manual", "00:50:56:01:02:03"
    return fault(lambda: ask.edit(card))


@question
def a_mac_that_is_none(ask: Asker) -> t.Any:
    task.WaitForTask(ask.vm(OFF).PowerOffVM_Task())
    card = ask.card(OFF)
    card.addressType, card.macAddress = "manual", "no-mac"
    return fault(lambda: ask.edit(card, OFF))


@question
def an_edit_that_omits_the_mac(ask: Asker) -> t.Any:
    task.WaitForTask(ask.vm(OFF).PowerOffVM_Task())
    card = ask.card(OFF)
    before, card.macAddress = card.macAddress, None
    ask.edit(card, OFF)
    return ask.card(OFF).macAddress == before


@question
def move_to_a_standard_portgroup_and_back(ask: Asker) -> t.Any:
    card = ask.card()
    mac, distributed = card.macAddress, card.backing
    network = ask.named(vim.Network, "VM Network")
    standard = vim.vm.device.VirtualEthernetCard.NetworkBackingInfo(deviceName="VM Network", network=network)
    seen = []
    for backing in (standard, distributed):
        if backing is distributed:
            backing.port = vim.dvs.PortConnection(
                switchUuid=backing.port.switchUuid, portgroupKey=backing.port.portgroupKey
            )
        card = ask.card()
        card.backing = backing
        ask.edit(card)
        now = ask.card()
        seen.append((kind(now.backing), now.macAddress == mac))
    return seen, set_fields(ask.card().backing.port)


@question
def move_to_a_dvportgroup_that_does_not_exist(ask: Asker) -> t.Any:
    card = ask.card()
    card.backing.port = vim.dvs.PortConnection(switchUuid=card.backing.port.switchUuid, portgroupKey="dvportgroup-4711")
    return fault(lambda: ask.edit(card))


@question
def a_change_version_that_is_stale(ask: Asker) -> t.Any:
    stale = ask.read(ask.vm(), "config.changeVersion")["config.changeVersion"]
    ask.reconfigure(annotation="somebody was faster")
    return fault(lambda: ask.reconfigure(annotation="late", changeVersion=stale))


@question
def power_on_what_runs(ask: Asker) -> t.Any:
    return fault(lambda: task.WaitForTask(ask.vm().PowerOnVM_Task()))


@question
def vmotion(ask: Asker) -> t.Any:
    host = ask.read(ask.vm(), "runtime.host")["runtime.host"]
    other = next(ref for ref in ask.all(vim.HostSystem) if ref._moId != host._moId)
    refusal = fault(lambda: task.WaitForTask(ask.vm().MigrateVM_Task(host=other, priority="defaultPriority")))
    return refusal, ask.read(ask.vm(), "runtime.host")["runtime.host"]._moId == other._moId


@question
def relocate_to_another_host(ask: Asker) -> t.Any:
    host = ask.read(ask.vm(), "runtime.host")["runtime.host"]
    other = next(ref for ref in ask.all(vim.HostSystem) if ref._moId != host._moId)
    task.WaitForTask(ask.vm().RelocateVM_Task(vim.vm.RelocateSpec(host=other)))
    moved = ask.read(ask.vm(), "runtime.host")["runtime.host"]._moId == other._moId
    events = ask.history("VmMigratedEvent").ReadNextEvents(10)
    return moved, [event.vm.name for event in events]


@question
def security_of_a_dvportgroup_alone(ask: Asker) -> t.Any:
    group = ask.named(vim.dvs.DistributedVirtualPortgroup, "DC0_DVPG0")
    before = ask.read(group, "config")["config"]
    setting = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy()
    setting.macManagementPolicy = vim.dvs.VmwareDistributedVirtualSwitch.MacManagementPolicy(
        inherited=False, allowPromiscuous=False, forgedTransmits=True, macChanges=False
    )
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(configVersion=before.configVersion, defaultPortConfig=setting)
    task.WaitForTask(group.ReconfigureDVPortgroup_Task(spec))
    after = ask.read(group, "config")["config"]
    policy = after.defaultPortConfig.macManagementPolicy
    kept = {name: getattr(after, name) == getattr(before, name) for name in ("name", "numPorts", "type")}
    kept["teaming"] = after.defaultPortConfig.uplinkTeamingPolicy is not None
    return (policy.allowPromiscuous, policy.forgedTransmits, policy.macChanges), kept


@question
def a_config_version_that_is_stale(ask: Asker) -> t.Any:
    group = ask.named(vim.dvs.DistributedVirtualPortgroup, "DC0_DVPG0")
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(configVersion="4711", description="late")
    return fault(lambda: task.WaitForTask(group.ReconfigureDVPortgroup_Task(spec)))


@question
def update_a_standard_portgroup(ask: Asker) -> t.Any:
    system = ask.read(ask.named(vim.HostSystem, "DC0_C0_H0"), "configManager.networkSystem")
    networks = system["configManager.networkSystem"]
    found = ask.read(networks, "networkInfo.portgroup")["networkInfo.portgroup"]
    spec = next(item.spec for item in found if item.spec.name == "VM Network")
    return fault(lambda: networks.UpdatePortGroup("VM Network", spec))


@question
def add_a_standard_portgroup_twice(ask: Asker) -> t.Any:
    system = ask.read(ask.named(vim.HostSystem, "DC0_C0_H0"), "configManager.networkSystem")
    networks = system["configManager.networkSystem"]
    spec = vim.host.PortGroup.Specification(
        name="new", vlanId=7, vswitchName="vSwitch0", policy=vim.host.NetworkPolicy()
    )
    return fault(lambda: networks.AddPortGroup(spec)), fault(lambda: networks.AddPortGroup(spec))


@question
def rename_to_a_name_that_is_taken(ask: Asker) -> t.Any:
    return fault(lambda: task.WaitForTask(ask.vm().Rename_Task(OTHER)))


@question
def an_object_that_was_destroyed(ask: Asker) -> t.Any:
    vm = ask.vm(OFF)
    task.WaitForTask(vm.PowerOffVM_Task())
    destroying = vm.Destroy_Task()
    # Not by WaitForTask: the name that vcsim gives this task means nothing to pyVmomi.
    while ask.read(destroying, "info.state")["info.state"] in ("queued", "running"):
        time.sleep(0.02)
    return fault(vm.PowerOnVM_Task)


@question
def snapshot_and_revert(ask: Asker) -> t.Any:
    task.WaitForTask(ask.vm().CreateSnapshot_Task("before", None, False, False))
    tree = ask.read(ask.vm(), "snapshot")["snapshot"]
    task.WaitForTask(tree.currentSnapshot.RevertToSnapshot_Task())
    return [item.name for item in tree.rootSnapshotList]


# Events


@question
def a_posted_event_is_found_again(ask: Asker) -> t.Any:
    vm = ask.vm()
    argument = vim.event.VmEventArgument(vm=vm, name=vm.name)
    ask.content.eventManager.PostEvent(
        vim.event.VmMacChangedEvent(
            vm=argument,
            adapter="Network adapter 1",
            oldMac="00:50:56:00:00:01",
            newMac="00:50:56:00:00:02",
            key=0,
            chainId=0,
            createdTime=ask.content.sessionManager.currentSession.loginTime,
            userName="",
        )
    )
    (found,) = ask.history("VmMacChangedEvent").ReadNextEvents(10)
    return kind(found), found.oldMac, found.newMac, found.adapter, found.vm.name


@question
def events_forwards_from_the_oldest(ask: Asker) -> t.Any:
    two_power_offs(ask)
    return [event.vm.name for event in ask.history("VmPoweredOffEvent").ReadNextEvents(10)]


@question
def events_before_the_oldest(ask: Asker) -> t.Any:
    """A new collector stands at its oldest event, so there is nothing before it."""
    two_power_offs(ask)
    return [event.vm.name for event in ask.history("VmPoweredOffEvent").ReadPreviousEvents(10)]


@question
def latest_page_of_events(ask: Asker) -> t.Any:
    two_power_offs(ask)
    return [event.vm.name for event in ask.history("VmPoweredOffEvent").latestPage]


@question
def events_by_their_long_name(ask: Asker) -> t.Any:
    two_power_offs(ask)
    return len(ask.history("vim.event.VmPoweredOffEvent").ReadNextEvents(10))


def two_power_offs(ask: Asker) -> None:
    for name in (VM, OTHER):
        task.WaitForTask(ask.vm(name).PowerOffVM_Task())


@question
def events_after_a_rewind(ask: Asker) -> t.Any:
    two_power_offs(ask)
    collector = ask.history("VmPoweredOffEvent")
    collector.RewindCollector()
    return [event.vm.name for event in collector.ReadNextEvents(10)]
