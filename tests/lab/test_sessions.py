# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions and permissions: who is in, for how long, and what he may do."""

from __future__ import annotations

import http.client
import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim, vmodl
from vsphere_lab.core import Lab
from vsphere_lab.sessions import principal

Any = t.Any


def test_a_session_knows_its_user(si: Any) -> None:
    session = si.content.sessionManager.currentSession
    assert session.userName == "VSPHERE.LOCAL\\Administrator"
    assert si.content.sessionManager.SessionIsActive(session.key, "administrator@vsphere.local")
    assert session.key not in si._stub.cookie  # a cookie is not the session's key


@pytest.mark.parametrize(
    ("user", "password"), [("administrator@vsphere.local", "wrong"), ("nobody", "VMware1!"), ("", "")]
)
def test_wrong_credentials(lab: Lab, user: str, password: str) -> None:
    with pytest.raises(vim.fault.InvalidLogin):
        lab.connect(user, password)
    assert not lab.service("sessionManager").sessions


@pytest.mark.parametrize("name", ["VSPHERE.LOCAL\\Administrator", "ADMINISTRATOR@vsphere.local"])
def test_names_have_several_spellings(lab: Lab, name: str) -> None:
    assert lab.connect(name).content.sessionManager.currentSession.userName == principal("administrator@vsphere.local")


def test_logout_ends_the_session_and_what_it_made(lab: Lab, si: Any) -> None:
    view = si.content.viewManager.CreateContainerView(si.content.rootFolder, [], True)
    si.content.sessionManager.Logout()
    assert view._moId not in lab.objects
    with pytest.raises(vim.fault.NotAuthenticated) as caught:
        si.CurrentTime()
    assert caught.value.privilegeId == "System.View"


def test_without_a_session_only_anonymous_things_work(lab: Lab) -> None:
    si = lab.connect()
    si._stub.cookie = ""
    content = si.RetrieveContent()
    assert content.about.apiType == "VirtualCenter"
    assert content.sessionManager.currentSession is None
    for use in (lambda: content.rootFolder.name, si.CurrentTime, lambda: content.sessionManager.sessionList):
        with pytest.raises(vim.fault.NotAuthenticated):
            use()


@pytest.mark.parametrize("answer", ["missing", "empty", "fault"])
def test_what_a_reader_without_a_session_is_told(answer: str) -> None:
    lab = vsphere_lab.load("drift", {"read_without_session": answer})
    si = lab.connect()
    query = vmodl.query.PropertyCollector
    content = si.content
    vms = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True).view
    named = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])],
        objectSet=[query.ObjectSpec(obj=vm) for vm in vms[:2]],
    )
    below = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.Datacenter, pathSet=["name"])],
        objectSet=[
            query.ObjectSpec(
                obj=content.rootFolder,
                skip=True,
                selectSet=[query.TraversalSpec(type=vim.Folder, path="childEntity", skip=False)],
            )
        ],
    )
    collector = content.propertyCollector
    assert len(collector.RetrievePropertiesEx([below], query.RetrieveOptions()).objects) == 1
    content.sessionManager.Logout()
    if answer == "fault":
        with pytest.raises(vim.fault.NotAuthenticated):
            collector.RetrievePropertiesEx([named], query.RetrieveOptions())
        return
    assert collector.RetrievePropertiesEx([below], query.RetrieveOptions()) is None
    found = collector.RetrievePropertiesEx([named], query.RetrieveOptions())
    if answer == "empty":
        assert found is None
        return
    assert [item.obj for item in found.objects] == vms[:2]
    (missing,) = found.objects[0].missingSet
    assert found.objects[0].propSet == []
    assert isinstance(missing.fault, vim.fault.NotAuthenticated)
    assert si.content.about.apiType == "VirtualCenter", "that is open to anybody"


def test_sessions_expire_when_idle_and_only_then(lab: Lab, si: Any) -> None:
    for _unused in range(3):
        lab.clock.advance(29 * 60)
        si.CurrentTime()
    lab.clock.advance(31 * 60)
    with pytest.raises(vim.fault.NotAuthenticated):
        si.CurrentTime()


def test_the_cookie_can_be_reused(lab: Lab, si: Any) -> None:
    other = lab.connect()
    other._stub.cookie = si._stub.cookie
    assert other.content.sessionManager.currentSession.key == si.content.sessionManager.currentSession.key


def test_a_second_login_in_one_session_is_refused(si: Any) -> None:
    with pytest.raises(vim.fault.InvalidLogin):
        si.content.sessionManager.Login("administrator@vsphere.local", "VMware1!")


def test_terminate_others_not_oneself(lab: Lab, si: Any) -> None:
    other, manager = lab.connect(), si.content.sessionManager
    with pytest.raises(vmodl.fault.InvalidArgument):
        manager.TerminateSession([manager.currentSession.key])
    with pytest.raises(vim.fault.NotFound):
        manager.TerminateSession(["nonsense"])
    manager.TerminateSession([other.content.sessionManager.currentSession.key])
    with pytest.raises(vim.fault.NotAuthenticated):
        other.CurrentTime()


def test_too_many_sessions(lab: Lab, si: Any) -> None:
    lab.service("sessionManager").limit = 1
    with pytest.raises(http.client.HTTPException, match="503"):
        lab.connect()
    si.content.sessionManager.Logout()
    lab.connect()


def test_the_timeout_is_an_option_of_the_server(lab: Lab, si: Any) -> None:
    options = si.content.setting
    options.UpdateOptions([vim.option.OptionValue(key="config.vmacore.soap.sessionTimeout", value=1)])
    assert options.QueryOptions("config.vmacore.soap.sessionTimeout")[0].value == 1
    lab.clock.advance(61)
    with pytest.raises(vim.fault.NotAuthenticated):
        si.CurrentTime()


def test_options_are_known_and_keep_their_type(si: Any) -> None:
    options = si.content.setting
    assert {o.key for o in options.QueryOptions("event")} >= {"event.maxAge", "event.maxAgeEnabled"}
    with pytest.raises(vim.fault.InvalidName):
        options.QueryOptions("bogus")
    with pytest.raises(vim.fault.InvalidName):
        options.UpdateOptions([vim.option.OptionValue(key="bogus", value=1)])
    with pytest.raises(vmodl.fault.InvalidArgument):
        options.UpdateOptions([vim.option.OptionValue(key="event.maxAge", value="30")])


def test_clone_tickets_are_good_once(lab: Lab, si: Any) -> None:
    ticket = si.content.sessionManager.AcquireCloneTicket()
    other = lab.connect()
    other.content.sessionManager.Logout()
    other.content.sessionManager.CloneSession(ticket)
    assert other.content.sessionManager.currentSession.userName == "VSPHERE.LOCAL\\Administrator"
    with pytest.raises(vim.fault.InvalidLogin):
        lab.connect().content.sessionManager.CloneSession(ticket)


# permissions


def test_a_reader_reads_and_changes_nothing(lab: Lab) -> None:
    si = lab.connect("auditor@vsphere.local")
    vm = si.content.searchIndex.FindByInventoryPath("vm/app-0")
    assert vm.name == "app-0"
    with pytest.raises(vim.fault.NoPermission) as caught:
        vm.ReconfigVM_Task(vim.vm.ConfigSpec(name="x"))
    assert caught.value.privilegeId == "VirtualMachine.Config.EditDevice"
    assert caught.value.object == vm
    assert vm.name == "app-0"
    with pytest.raises(vim.fault.NoPermission):  # the privilege that pyVmomi's metadata names, on the root folder
        si.content.eventManager.PostEvent(vim.event.GeneralUserEvent(message="m", createdTime=lab.clock.now()))


def test_permissions_go_down_and_the_nearest_one_decides(lab: Lab) -> None:
    users, authorization = lab.service("sessionManager"), lab.service("authorizationManager")
    user = users.add_user("operator@vsphere.local", "x")
    role = authorization.add_role("Pinner", ["VirtualMachine.Config.EditDevice"])
    authorization.grant(user, lab.get("group-v2"), role)
    authorization.grant(user, lab.get("vm-1002"), "No access")
    si = lab.connect("operator@vsphere.local", "x")
    vm = {number: vim.VirtualMachine(f"vm-{number}", si._stub) for number in (1001, 1002, 1006)}
    vm[1001].ReconfigVM_Task(vim.vm.ConfigSpec(name="x"))
    for number in (1002, 1006):  # denied, and outside the folder
        with pytest.raises(vim.fault.NoPermission):
            vm[number].ReconfigVM_Task(vim.vm.ConfigSpec(name="x"))
    names = si.content.viewManager.CreateContainerView(si.content.rootFolder, [vim.VirtualMachine], True).view
    assert [ref._moId for ref in names] == ["vm-1001", "vm-1003", "vm-1004", "vm-1005"]
    assert si.content.rootFolder.name == "Datacenters"  # the way down is visible
    lab.service("authorizationManager").grant(user, lab.get("group-v2"), role, propagate=False)
    with pytest.raises(vim.fault.NoPermission):
        vm[1001].ReconfigVM_Task(vim.vm.ConfigSpec(name="x"))


def test_groups_give_permissions_and_users_own_come_first(lab: Lab) -> None:
    users, authorization = lab.service("sessionManager"), lab.service("authorizationManager")
    user = users.add_user("member@vsphere.local", "x", groups=["VSPHERE.LOCAL\\Admins"])
    authorization.grant("VSPHERE.LOCAL\\Admins", lab.get("group-v2"), "Admin", group=True)
    vm = lab.get("vm-1001")
    assert authorization.allows(user, vm, "VirtualMachine.Config.EditDevice")
    authorization.grant(user, lab.get("group-v2"), "ReadOnly")
    assert not authorization.allows(user, vm, "VirtualMachine.Config.EditDevice")


def test_has_privilege_on_entities(lab: Lab, vm: Any) -> None:
    si = lab.connect("auditor@vsphere.local")
    key = si.content.sessionManager.currentSession.key
    names = ["System.Read", "VirtualMachine.Config.EditDevice"]
    (answer,) = si.content.authorizationManager.HasPrivilegeOnEntities([vm], key, names)
    assert answer.entity == vm
    assert [(p.privId, p.isGranted) for p in answer.privAvailability] == list(zip(names, (True, False), strict=True))
    with pytest.raises(vmodl.fault.InvalidArgument):
        si.content.authorizationManager.HasPrivilegeOnEntity(vm, "nonsense", names)


def test_permissions_over_the_api(lab: Lab, si: Any, vm: Any) -> None:
    manager = si.content.authorizationManager
    lab.service("sessionManager").add_user("new@vsphere.local", "x")
    role = manager.AddAuthorizationRole("Tiny", ["VirtualMachine.Interact.Reset"])
    permission = vim.AuthorizationManager.Permission(
        principal="new@vsphere.local", group=False, roleId=role, propagate=True
    )
    manager.SetEntityPermissions(vm, [permission])
    (kept,) = manager.RetrieveEntityPermissions(vm, False)
    assert (kept.principal, kept.roleId) == ("VSPHERE.LOCAL\\New", role)
    assert len(manager.RetrieveEntityPermissions(vm, True)) == 3
    (result,) = manager.FetchUserPrivilegeOnEntities([vm], "new@vsphere.local")
    assert "VirtualMachine.Interact.Reset" in result.privileges
    manager.RemoveEntityPermission(vm, "new@vsphere.local", False)
    assert not manager.RetrieveEntityPermissions(vm, False)
    with pytest.raises(vim.fault.UserNotFound):
        manager.FetchUserPrivilegeOnEntities([vm], "ghost@vsphere.local")
    with pytest.raises(vim.fault.AlreadyExists):
        manager.AddAuthorizationRole("Tiny", [])


def test_the_system_roles_are_there(si: Any) -> None:
    roles = {role.roleId: role for role in si.content.authorizationManager.roleList}
    assert {-1: "Admin", -2: "ReadOnly", -5: "NoAccess"}.items() <= {n: r.name for n, r in roles.items()}.items()
    assert list(roles[-2].privilege) == ["System.Anonymous", "System.Read", "System.View"]


# the server as a whole


def test_search(si: Any, vm: Any) -> None:
    search = si.content.searchIndex
    assert search.FindByInventoryPath("/vm/app-0/") == vm
    assert search.FindByInventoryPath("vm/ghost") is None
    assert search.FindChild(si.content.rootFolder, "alone")._moId == "vm-1006"


def test_find_by_uuid(lab: Lab, si: Any, vm: Any) -> None:
    lab.get(vm).revise("config", uuid="4200AAAA-0000-0000-0000-000000000001", instanceUuid="5000")
    search = si.content.searchIndex
    assert search.FindByUuid(None, "4200aaaa-0000-0000-0000-000000000001", True, False) == vm
    assert search.FindAllByUuid(None, "5000", True, True) == [vm]
    assert search.FindByUuid(None, "5000", True, False) is None


def test_a_standalone_host_says_so() -> None:
    lab = Lab("esxi", version="7.0.3")
    content = lab.connect("root", "VMware1!").content
    assert (content.about.apiType, content.about.apiVersion) == ("HostAgent", "7.0.3.0")
    assert content.rootFolder._moId == "ha-folder-root"
    assert content.sessionManager._moId == "ha-sessionmgr"


def test_reset_brings_the_start_back_and_keeps_the_login(lab: Lab, si: Any, vm: Any) -> None:
    vm.ReconfigVM_Task(vim.vm.ConfigSpec(name="renamed"))
    lab.clock.advance(3600 * 24)
    lab.reset()
    assert vm.name == "app-0"
    assert str(si.CurrentTime()).startswith("2026-03-02 08:00:00")


def test_two_labs_with_one_seed_are_alike(lab: Lab) -> None:
    twins = [Lab(seed=3) for _unused in range(2)]
    assert twins[0].content.about.instanceUuid == twins[1].content.about.instanceUuid
    assert twins[0].content.about.instanceUuid != lab.content.about.instanceUuid


def test_methods_that_are_not_there(lab: Lab, vm: Any) -> None:
    with pytest.raises(vmodl.fault.MethodNotFound) as caught:
        vm.SendNMI()
    assert caught.value.method == "SendNMI"
    for hidden in ("touch", "_stamps", "get_summary"):
        with pytest.raises((vmodl.fault.InvalidRequest, vmodl.fault.MethodNotFound)):
            lab.invoke(next(iter(lab.service("sessionManager").sessions.values())), vm._moId, hidden, {})


@pytest.mark.parametrize(
    ("answer", "seen"), [("visible", ["app-01", "Datacenters", "DC1", "vm"]), ("hidden", ["app-01"])]
)
def test_what_is_above_a_permitted_object(answer: str, seen: list[str]) -> None:
    lab = vsphere_lab.load("nested", switches={"ancestors_visible": answer})
    reader = lab.service("authorizationManager")
    above = {"Datacenters", "DC1", "vm", "app-01", "app-02"}
    named = [obj for obj in lab.objects.values() if obj.properties.get("name") in above]
    allowed = [
        obj.properties["name"]
        for obj in named
        if reader.allows(principal("operator@vsphere.local"), obj, "System.View")
    ]
    assert sorted(allowed) == sorted(seen)
