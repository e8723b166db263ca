# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PropertyCollector: what is selected, in pages, and watched."""

from __future__ import annotations

import threading
import typing as t

import pytest
from pyVmomi import vim, vmodl
from vsphere_lab import wire
from vsphere_lab.core import Lab

Any = t.Any
PC = vmodl.query.PropertyCollector
Spec = t.Callable[..., Any]


def values(objects: list[Any]) -> list[dict[str, Any]]:
    return [{prop.name: prop.val for prop in content.propSet} for content in objects]


def test_reads_properties_of_all_vms(si: Any, filter_spec: Spec) -> None:
    result = si.content.propertyCollector.RetrievePropertiesEx(
        [filter_spec("name", "snapshot", "config.hardware.device[4000].macAddress")], PC.RetrieveOptions()
    )
    assert result.token is None
    assert values(result.objects)[0] == {
        "name": "app-0",
        "config.hardware.device[4000].macAddress": "00:50:56:80:00:00",
    }
    assert len(result.objects) == 6


def test_pages_end_and_tokens_are_good_once(si: Any, filter_spec: Spec) -> None:
    collector, names = si.content.propertyCollector, []
    page = collector.RetrievePropertiesEx([filter_spec("name")], PC.RetrieveOptions(maxObjects=4))
    names += values(page.objects)
    token = page.token
    page = collector.ContinueRetrievePropertiesEx(token)
    names += values(page.objects)
    assert page.token is None
    assert [entry["name"] for entry in names] == ["app-0", "app-1", "app-2", "app-3", "app-4", "alone"]
    with pytest.raises(vmodl.query.InvalidProperty):
        collector.ContinueRetrievePropertiesEx(token)


def test_a_token_belongs_to_its_session(lab: Lab, si: Any, filter_spec: Spec) -> None:
    page = si.content.propertyCollector.RetrievePropertiesEx([filter_spec("name")], PC.RetrieveOptions(maxObjects=1))
    other = lab.connect().content.propertyCollector
    with pytest.raises(vmodl.query.InvalidProperty):
        other.ContinueRetrievePropertiesEx(page.token)
    si.content.propertyCollector.CancelRetrievePropertiesEx(page.token)
    with pytest.raises(vmodl.query.InvalidProperty):
        si.content.propertyCollector.ContinueRetrievePropertiesEx(page.token)


@pytest.mark.parametrize("size", [0, -1])
def test_a_page_holds_at_least_one(si: Any, filter_spec: Spec, size: int) -> None:
    with pytest.raises(vmodl.fault.InvalidArgument):
        si.content.propertyCollector.RetrievePropertiesEx([filter_spec("name")], PC.RetrieveOptions(maxObjects=size))


@pytest.mark.parametrize("path", ["bogus", "config.bogus", "name[", "config.hardware.device[4000].bogus", ""])
def test_an_unknown_property_is_a_fault(si: Any, filter_spec: Spec, path: str) -> None:
    with pytest.raises(vmodl.query.InvalidProperty):
        si.content.propertyCollector.RetrievePropertiesEx([filter_spec(path)], PC.RetrieveOptions())


def test_a_key_that_is_not_there_is_unset(si: Any, filter_spec: Spec) -> None:
    spec = filter_spec("config.hardware.device[4001].macAddress", "config.hardware.device[2000].capacityInKB")
    content = si.content.propertyCollector.RetrieveProperties([spec])[0]
    assert [(prop.name, prop.val) for prop in content.propSet] == [("config.hardware.device[2000].capacityInKB", 1)]
    assert not content.missingSet


def test_recursion_through_named_specs(si: Any) -> None:
    visit = PC.TraversalSpec(
        name="folders", type=vim.Folder, path="childEntity", skip=False, selectSet=[PC.SelectionSpec(name="folders")]
    )
    start = PC.ObjectSpec(obj=si.content.rootFolder, skip=False, selectSet=[visit])
    wanted = [PC.PropertySpec(type=vim.ManagedEntity, pathSet=["name"])]
    found = si.content.propertyCollector.RetrieveContents([PC.FilterSpec(objectSet=[start], propSet=wanted)])
    names = [entry["name"] for entry in values(found)]
    assert sorted(names) == ["Datacenters", "alone", "app-0", "app-1", "app-2", "app-3", "app-4", "vm"]


def test_a_walk_in_a_circle_ends(si: Any, vm: Any) -> None:
    names = [PC.SelectionSpec(name="up"), PC.SelectionSpec(name="down")]
    up = PC.TraversalSpec(name="up", type=vim.ManagedEntity, path="parent", selectSet=names)
    down = PC.TraversalSpec(name="down", type=vim.Folder, path="childEntity", selectSet=names)
    start = PC.ObjectSpec(obj=vm, selectSet=[up, down])
    wanted = [PC.PropertySpec(type=vim.ManagedEntity, pathSet=["name"])]
    found = si.content.propertyCollector.RetrieveContents([PC.FilterSpec(objectSet=[start], propSet=wanted)])
    assert len(found) == 8  # each object once


def test_a_spec_nobody_has_named_is_a_fault(si: Any) -> None:
    start = PC.ObjectSpec(obj=si.content.rootFolder, selectSet=[PC.SelectionSpec(name="nobody")])
    spec = PC.FilterSpec(objectSet=[start], propSet=[PC.PropertySpec(type=vim.Folder, pathSet=["name"])])
    with pytest.raises(vmodl.fault.InvalidArgument):
        si.content.propertyCollector.RetrieveContents([spec])


def test_types_that_no_spec_names_are_not_reported(si: Any) -> None:
    start = PC.ObjectSpec(obj=si.content.rootFolder)
    spec = PC.FilterSpec(objectSet=[start], propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])])
    assert si.content.propertyCollector.RetrieveContents([spec]) == []


def test_all_properties(si: Any, filter_spec: Spec) -> None:
    content = si.content.propertyCollector.RetrieveContents([filter_spec(all_paths=True)])[0]
    assert {"config", "name", "parent", "runtime", "summary"} == {prop.name for prop in content.propSet}


def test_a_deleted_object_is_a_fault_or_reported(lab: Lab, si: Any, vm: Any) -> None:
    lab.remove(lab.get(vm))
    spec = PC.FilterSpec(objectSet=[PC.ObjectSpec(obj=vm)], propSet=[PC.PropertySpec(type=type(vm), pathSet=["name"])])
    with pytest.raises(vmodl.fault.ManagedObjectNotFound) as caught:
        si.content.propertyCollector.RetrieveContents([spec])
    assert caught.value.obj == vm
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        _unused = vm.name


def test_unset_properties_are_none_as_attributes(vm: Any) -> None:
    assert vm.snapshot is None
    assert vm.name == "app-0"
    assert vm.config.hardware.device[0].macAddress == "00:50:56:80:00:00"


def test_what_may_not_be_read_is_missing(lab: Lab, si: Any, filter_spec: Spec) -> None:
    authorization, users = lab.service("authorizationManager"), lab.service("sessionManager")
    name = users.add_user("viewer@vsphere.local", "VMware1!")
    authorization.grant(name, lab.get("vm-1001"), "View")
    other = lab.connect("viewer@vsphere.local", "VMware1!")
    vm = vim.VirtualMachine("vm-1001", other._stub)
    spec = PC.FilterSpec(
        objectSet=[PC.ObjectSpec(obj=vm)],
        propSet=[PC.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "runtime.powerState"])],
    )
    content = other.content.propertyCollector.RetrieveContents([spec])[0]
    assert values([content]) == [{"name": "app-0"}]  # reading a name needs only System.View
    missing = content.missingSet[0]
    assert (missing.path, missing.fault.privilegeId) == ("runtime.powerState", "System.Read")
    assert isinstance(missing.fault, vim.fault.NoPermission)


def test_nobody_sees_what_is_closed_to_him(lab: Lab) -> None:
    authorization, users = lab.service("authorizationManager"), lab.service("sessionManager")
    authorization.grant(users.add_user("one@vsphere.local", "x"), lab.get("vm-1002"), "ReadOnly")
    other = lab.connect("one@vsphere.local", "x")
    view = other.content.viewManager.CreateContainerView(other.content.rootFolder, [vim.VirtualMachine], True)
    assert [ref._moId for ref in view.view] == ["vm-1002"]
    with pytest.raises(vim.fault.NoPermission):
        _unused = vim.VirtualMachine("vm-1001", other._stub).name


# updates


def watch(si: Any, spec: Any) -> Any:
    return si.content.propertyCollector.CreateFilter(spec, True)


def test_updates_tell_what_is_new_and_nothing_else(lab: Lab, si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name", "runtime.powerState"))
    first = collector.CheckForUpdates(None)
    entered = first.filterSet[0].objectSet
    assert [update.kind for update in entered] == ["enter"] * 6
    assert collector.CheckForUpdates(first.version) is None
    lab.get("vm-1001").set(name="renamed")
    second = collector.CheckForUpdates(first.version)
    (update,) = second.filterSet[0].objectSet
    assert (update.kind, update.obj._moId) == ("modify", "vm-1001")
    assert [(change.name, change.op, change.val) for change in update.changeSet] == [("name", "assign", "renamed")]
    lab.remove(lab.get("vm-1002"))
    third = collector.CheckForUpdates(second.version)
    assert [(u.kind, u.obj._moId) for u in third.filterSet[0].objectSet] == [("leave", "vm-1002")]


def test_a_property_that_becomes_unset_is_told(lab: Lab, si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("runtime"))
    first = collector.CheckForUpdates("")
    lab.get("vm-1001").set(runtime=None)
    (change,) = collector.CheckForUpdates(first.version).filterSet[0].objectSet[0].changeSet
    assert (change.name, change.val) == ("runtime", None)


def test_updates_in_parts(si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name"))
    options = PC.WaitOptions(maxWaitSeconds=0, maxObjectUpdates=4)
    first = collector.WaitForUpdatesEx("", options)
    second = collector.WaitForUpdatesEx(first.version, options)
    assert first.truncated
    assert not second.truncated
    assert [len(part.filterSet[0].objectSet) for part in (first, second)] == [4, 2]


def test_no_version_means_everything_again_and_an_old_one_is_refused(si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name"))
    first = collector.CheckForUpdates("")
    again = collector.CheckForUpdates("")
    assert len(again.filterSet[0].objectSet) == 6
    with pytest.raises(vmodl.query.InvalidCollectorVersion):
        collector.CheckForUpdates(first.version)


def test_a_wait_ends_with_the_change(lab: Lab, si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name"))
    first = collector.CheckForUpdates("")
    timer = threading.Timer(0.05, lambda: lab.get("vm-1003").set(name="late"))
    timer.start()
    update = collector.WaitForUpdatesEx(first.version, PC.WaitOptions(maxWaitSeconds=10))
    assert update.filterSet[0].objectSet[0].changeSet[0].val == "late"


def test_a_wait_can_be_cancelled(lab: Lab, si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name"))
    first = collector.CheckForUpdates("")
    threading.Timer(0.05, collector.CancelWaitForUpdates).start()
    with pytest.raises(vmodl.fault.RequestCanceled):
        collector.WaitForUpdates(first.version)


def test_a_wait_ends_with_its_session(lab: Lab, si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name"))
    first = collector.CheckForUpdates("")
    key, admin = si.content.sessionManager.currentSession.key, lab.connect()
    threading.Timer(0.05, admin.content.sessionManager.TerminateSession, [[key]]).start()
    with pytest.raises(vim.fault.NotAuthenticated):
        collector.WaitForUpdates(first.version)


def test_a_session_does_not_expire_while_it_waits(lab: Lab, si: Any, filter_spec: Spec) -> None:
    collector = si.content.propertyCollector
    watch(si, filter_spec("name"))
    first = collector.CheckForUpdates("")

    def later() -> None:
        lab.clock.advance(3600)
        lab.service("sessionManager").by_cookie("x")  # what a call of somebody else does
        lab.get("vm-1001").set(name="late")

    threading.Timer(0.05, later).start()
    assert collector.WaitForUpdates(first.version).filterSet
    si.CurrentTime()


def test_filters_are_their_sessions_own(lab: Lab, si: Any, filter_spec: Spec) -> None:
    made = watch(si, filter_spec("name"))
    assert lab.connect().content.propertyCollector.CheckForUpdates("") is None
    made.DestroyPropertyFilter()
    assert si.content.propertyCollector.CheckForUpdates("") is None


def test_an_own_collector_has_own_filters(si: Any, filter_spec: Spec) -> None:
    watch(si, filter_spec("name"))
    own = si.content.propertyCollector.CreatePropertyCollector()
    assert own.CheckForUpdates("") is None
    own.DestroyPropertyCollector()
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        own.CheckForUpdates("")


# views


def test_views_are_live(lab: Lab, si: Any) -> None:
    views, root = si.content.viewManager, si.content.rootFolder
    deep = views.CreateContainerView(root, [vim.VirtualMachine], True)
    flat = views.CreateContainerView(root, [], False)
    assert [ref._moId for ref in flat.view] == ["group-v2", "vm-1006"]
    assert len(deep.view) == 6
    below = views.CreateContainerView(vim.Folder("group-v2"), [vim.VirtualMachine], True)
    assert len(below.view) == 5  # not the one beside the folder
    lab.remove(lab.get("vm-1001"))
    assert len(deep.view) == 5
    deep.DestroyView()
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        _unused = deep.view


def test_list_views(lab: Lab, si: Any) -> None:
    view = si.content.viewManager.CreateListView([vim.VirtualMachine("vm-1001"), vim.VirtualMachine("vm-1002")])
    unknown = view.ModifyListView(add=[vim.VirtualMachine("vm-9")], remove=[vim.VirtualMachine("vm-1002")])
    assert [ref._moId for ref in unknown] == ["vm-9"]
    assert [ref._moId for ref in view.view] == ["vm-1001"]


def test_no_more_text_is_kept_than_there_is_room_for(
    lab: Lab, si: Any, vm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "KEPT_TEXT", 200)
    for _unused in range(2):
        assert [device.key for device in vm.config.hardware.device] == [4000, 2000]
        assert vm.name == "app-0"
    assert 0 < lab.kept_text <= 200
    lab.remove(lab.get(vm._moId))
    assert lab.kept_text >= 0
