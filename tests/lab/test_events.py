# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events: what is kept, for how long, and how it is found and paged."""

from __future__ import annotations

import datetime
import typing as t

import pytest
import vsphere_lab
from pyVmomi import vim, vmodl
from vsphere_lab.core import Lab

Any = t.Any
Spec = vim.event.EventFilterSpec


def mac_changed(lab: Lab, moid: str = "vm-1001") -> Any:
    vm = lab.get(moid)
    return lab.post_event(
        vim.event.VmMacChangedEvent(
            vm=vim.event.VmEventArgument(name=vm.get("name"), vm=vm.ref),
            adapter="Network adapter 1",
            oldMac="00:50:56:80:00:01",
            newMac="00:50:56:80:00:02",
        )
    )


def query(si: Any, **spec: Any) -> list[Any]:
    return list(si.content.eventManager.QueryEvents(Spec(**spec)))


def about(moid: str, recursion: str, kind: Any = vim.VirtualMachine) -> Any:
    return Spec.ByEntity(entity=kind(moid), recursion=recursion)


def test_an_event_is_filled_in(lab: Lab, si: Any) -> None:
    mac_changed(lab)
    (event,) = query(si, eventTypeId=["vim.event.VmMacChangedEvent"])
    assert event.createdTime == lab.clock.now()
    assert event.key > 0
    assert event.chainId == event.key
    assert event.fullFormattedMessage == (
        "Changed MAC address from 00:50:56:80:00:01 to 00:50:56:80:00:02 for adapter Network adapter 1 for app-0"
    )
    assert (
        query(si, eventTypeId=["vim.event.VmMacChangedEvent"], disableFullMessage=True)[0].fullFormattedMessage is None
    )


def test_events_of_a_task_share_its_chain_and_user(lab: Lab, si: Any, vm: Any) -> None:
    def rename_and_tell(self: Any, call: Any, spec: Any) -> None:
        mac_changed(lab)

    from vsphere_lab.tasks import task

    kind: Any = type(lab.get(vm))
    kind.Rename_Task = task("ManagedEntity.rename")(rename_and_tell)
    chain = vm.Rename_Task("x").info.eventChainId
    events = query(si, eventChainId=chain)
    assert [event._wsdlName for event in events] == ["TaskEvent", "VmMacChangedEvent"]
    assert {event.userName for event in events} == {"VSPHERE.LOCAL\\Administrator"}


def test_filters(lab: Lab, si: Any) -> None:
    mac_changed(lab)
    lab.clock.advance(60)
    mac_changed(lab, "vm-1006")
    kind = {"eventTypeId": ["vim.event.VmMacChangedEvent"]}
    assert len(query(si, **kind)) == 2
    assert len(query(si, type=[vim.event.VmEvent])) == 2
    assert query(si, type=[vim.event.VmPoweredOnEvent]) == []
    assert len(query(si, entity=about("vm-1006", "self"))) == 1
    assert len(query(si, entity=about("group-v2", "all", vim.Folder))) == 1
    assert len(query(si, entity=about("group-d1", "all", vim.Folder), **kind)) == 2
    everything = query(si, entity=about("group-d1", "all", vim.Folder))
    assert isinstance(everything[0], vim.event.UserLoginSessionEvent)  # about no object, so about the whole
    assert len(query(si, entity=about("group-d1", "children", vim.Folder), **kind)) == 1
    assert query(si, entity=about("group-d1", "self", vim.Folder), **kind) == []
    begin = lab.clock.now() - datetime.timedelta(seconds=30)
    assert len(query(si, time=Spec.ByTime(beginTime=begin), **kind)) == 1
    assert len(query(si, time=Spec.ByTime(endTime=begin), **kind)) == 1
    assert len(query(si, category=["warning"])) == 2
    assert query(si, userName=Spec.ByUsername(systemUser=False, userList=["ghost"])) == []
    assert len(query(si, maxCount=1, **kind)) == 1


def test_bad_filters(lab: Lab, si: Any) -> None:
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        query(si, entity=about("vm-9", "self"))
    now = lab.clock.now()
    with pytest.raises(vmodl.fault.InvalidArgument):
        query(si, time=Spec.ByTime(beginTime=now, endTime=now - datetime.timedelta(1)))


def test_old_events_are_purged(lab: Lab, si: Any) -> None:
    mac_changed(lab)
    lab.clock.advance(29 * 86400)
    mac_changed(lab)
    si = lab.connect()
    assert len(query(si, type=[vim.event.VmMacChangedEvent])) == 2
    lab.clock.advance(2 * 86400)
    si = lab.connect()
    assert len(query(si, type=[vim.event.VmMacChangedEvent])) == 1
    lab.service("setting").change(event__maxAgeEnabled=False)
    lab.clock.advance(400 * 86400)
    assert len(query(lab.connect(), type=[vim.event.VmMacChangedEvent])) == 1


def test_planted_events_keep_their_time_and_order(lab: Lab, si: Any) -> None:
    mac_changed(lab)
    yesterday = lab.clock.now() - datetime.timedelta(days=1)
    old = vim.event.GeneralEvent(message="old", createdTime=yesterday, userName="", key=0, chainId=0)
    lab.service("eventManager").plant(old)
    events = query(si)
    assert events[0].createdTime == yesterday
    assert [event.createdTime for event in events] == sorted(event.createdTime for event in events)


def test_clients_cannot_choose_time_and_user(lab: Lab, si: Any) -> None:
    long_ago = lab.clock.now() - datetime.timedelta(days=9)
    event = vim.event.GeneralUserEvent(message="hello", createdTime=long_ago, userName="ghost", key=1, chainId=1)
    si.content.eventManager.PostEvent(event)
    (kept,) = query(si, type=[vim.event.GeneralUserEvent])
    assert kept.createdTime == lab.clock.now()
    assert kept.userName == "VSPHERE.LOCAL\\Administrator"
    assert si.content.eventManager.latestEvent.message == "hello"


def test_only_readable_events(lab: Lab) -> None:
    user = lab.service("sessionManager").add_user("one@vsphere.local", "x")
    lab.service("authorizationManager").grant(user, lab.get("vm-1002"), "ReadOnly")
    mac_changed(lab, "vm-1001")
    mac_changed(lab, "vm-1002")
    other = lab.connect("one@vsphere.local", "x")
    assert [event.vm.vm._moId for event in query(other, type=[vim.event.VmMacChangedEvent])] == ["vm-1002"]


# collectors


@pytest.fixture
def collector(lab: Lab, si: Any) -> Any:
    """Return a collector over 25 events that are one second apart; the latest page holds 10."""
    for _unused in range(25):
        lab.clock.advance(1)
        mac_changed(lab)
    return si.content.eventManager.CreateCollectorForEvents(Spec(type=[vim.event.VmMacChangedEvent]))


def keys(events: list[Any]) -> list[int]:
    return [event.key for event in events]


def test_the_latest_page_is_newest_first(collector: Any, lab: Lab) -> None:
    newest = mac_changed(lab).key
    page = keys(collector.latestPage)
    assert len(page) == 10
    assert page[0] == newest
    assert page == sorted(page, reverse=True)


def test_reading_on_from_the_oldest(collector: Any, lab: Lab) -> None:
    read: list[int] = []
    while page := collector.ReadNextEvents(7):
        read += keys(page)
    assert len(read) == 25
    assert read == sorted(read)
    new = mac_changed(lab).key
    assert keys(collector.ReadNextEvents(7)) == [new]
    collector.RewindCollector()
    assert keys(collector.ReadNextEvents(1000)) == [*read, new]


def test_reading_back_from_the_latest_page(collector: Any) -> None:
    latest = keys(collector.latestPage)
    collector.ResetCollector()
    older = keys(collector.ReadPreviousEvents(9)) + keys(collector.ReadPreviousEvents(9))
    assert len(older) == 15
    assert older == sorted(older, reverse=True)
    assert not set(older) & set(latest)
    assert collector.ReadPreviousEvents(9) == []


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_page_sizes_have_limits(collector: Any, count: int) -> None:
    for use in (collector.ReadNextEvents, collector.ReadPreviousEvents, collector.SetCollectorPageSize):
        with pytest.raises(vmodl.fault.InvalidArgument):
            use(count)


def test_page_size(collector: Any) -> None:
    collector.SetCollectorPageSize(20)
    assert len(collector.latestPage) == 20
    assert len(collector.ReadPreviousEvents(100)) == 5


def test_no_more_than_32_collectors_and_none_after_logout(lab: Lab, si: Any) -> None:
    made = [si.content.eventManager.CreateCollectorForEvents(Spec()) for _unused in range(32)]
    with pytest.raises(vim.fault.InvalidState):
        si.content.eventManager.CreateCollectorForEvents(Spec())
    made[0].DestroyCollector()
    si.content.eventManager.CreateCollectorForEvents(Spec())
    si.content.sessionManager.Logout()
    assert all(each._moId not in lab.objects for each in made)


def test_a_purge_does_not_confuse_a_reader(collector: Any, lab: Lab) -> None:
    lab.service("setting").change(event__maxAge=1)
    lab.service("sessionManager").idle_seconds = 10**6
    first = keys(collector.ReadNextEvents(10))
    lab.clock.advance(86400 - 10)  # forgets all but the last eleven
    rest = keys(collector.ReadNextEvents(100))
    assert rest
    assert rest[0] > first[-1]
    assert len(rest) == 11


# tasks, which have the same kind of history


def test_recent_tasks_and_their_collector(si: Any, vm: Any) -> None:
    done = [vm.ReconfigVM_Task(vim.vm.ConfigSpec(name=name)) for name in ("a", "taken", "b")]
    assert list(si.content.taskManager.recentTask) == done
    failed = vim.TaskFilterSpec(state=["error"], entity=vim.TaskFilterSpec.ByEntity(entity=vm, recursion="all"))
    reader = si.content.taskManager.CreateCollectorForTasks(failed)
    (info,) = reader.ReadNextTasks(10)
    assert info.key == done[1]._moId
    fault: Any = info.error
    assert (type(fault), fault.msg) == (vim.fault.DuplicateName, "The name 'taken' already exists.")
    assert (info.entity, info.descriptionId, info.reason.userName) == (
        vm, "VirtualMachine.reconfigure", "VSPHERE.LOCAL\\Administrator",
    )  # fmt: skip


@pytest.mark.parametrize(("queried", "page"), [("oldest_first", "newest_first"), ("newest_first", "oldest_first")])
def test_the_order_is_what_the_switches_say(queried: str, page: str) -> None:
    lab = vsphere_lab.load("drifted", switches={"query_events_order": queried, "latest_page_order": page})
    manager = lab.connect().content.eventManager
    moved = vim.event.EventFilterSpec(eventTypeId=["VmMacChangedEvent"])
    for told, order in (
        ([event.key for event in manager.QueryEvents(moved)], queried),
        ([event.key for event in manager.CreateCollectorForEvents(moved).latestPage], page),
    ):
        assert len(told) > 1
        assert told == sorted(told, reverse=order == "newest_first")
