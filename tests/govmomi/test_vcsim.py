# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on a server that nobody here wrote: vcsim 0.52.0, unchanged. CANNOT lists what it lacks, and why."""

from __future__ import annotations

import collections
import http.client
import json
import pathlib
import re
import typing as t
from collections.abc import Iterator

import pytest
from pyVim import task
from pyVmomi import VmomiSupport, vim

from ..integration.conftest import Lab
from .conftest import Govc, Module, StartVcsim
from .questions import Asker, asker

VM = "DC0_C0_RP0_VM0"
FOREIGN = "00:50:56:99:00:01"  # a MAC that only the guest knows
GROUP = "DC0_DVPG0"

# What vcsim can't do: the module and its options, then what has to be in our message, then why.
# One thing it does silently: a portgroup has no VMs there (Network.vm is empty), so that scope selects none.
CANNOT: dict[str, tuple[str, dict[str, t.Any], str, str]] = {
    "a standard portgroup's policy": (
        "portgroup_security",
        {"type": "portgroup", "names": ["VM Network"], "cluster": "DC0_C0", "forged_transmits": "reject"},
        "does not implement: UpdatePortGroup",
        "HostNetworkSystem.UpdatePortGroup isn't implemented",
    ),
    "a standard switch's policy": (
        "portgroup_security",
        {"type": "vswitch", "names": ["vSwitch0"], "cluster": "DC0_C0", "forged_transmits": "reject"},
        "does not implement: UpdateVirtualSwitch",
        "HostNetworkSystem.UpdateVirtualSwitch isn't implemented",
    ),
    "a distributed portgroup's policy": (
        "portgroup_security",
        {"type": "dvportgroup", "names": [GROUP], "forged_transmits": "accept"},
        "its distributed switch can't be read",
        "its switch is a DistributedVirtualSwitch; with -load it is what it was (test_recording)",
    ),
    "a distributed switch's policy": (
        "portgroup_security",
        {"type": "dvswitch", "names": ["DVS0"], "forged_transmits": "accept"},
        "DVS0",
        "its switch is a DistributedVirtualSwitch",
    ),
    "a move to a standard portgroup": (
        "vnic_portgroup",
        {"vms": [VM], "target": "VM Network", "require_pinned": False},
        "doesn't have VM Network",
        "Network.host is empty; with -load it may be set (with_hosts)",
    ),
    "a pin of the MAC that it makes": (
        "vnic_mac_pin",
        {"vms": [VM]},
        "allow_reserved_range",
        "all its MACs are of the host's own range, 00:0c:29, which no host takes as a static MAC",
    ),
}


@pytest.fixture
def vcsim(start_vcsim: StartVcsim) -> Lab:
    return start_vcsim("-standalone-host", "0")


@pytest.fixture
def ask(vcsim: Lab) -> Iterator[Asker]:
    with asker(vcsim) as asking:
        yield asking


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> collections.Counter[str]:
    """Counts what goes to the server, by method, whoever sends it."""
    counted: collections.Counter[str] = collections.Counter()
    request = http.client.HTTPConnection.request

    def count(connection: t.Any, method: str, url: str, body: t.Any = None, *more: t.Any, **named: t.Any) -> None:
        text = body.decode() if isinstance(body, bytes) else str(body)
        counted.update(re.findall(r"Body[^>]*>\s*<(\w+)", text) or [url])
        request(connection, method, url, body, *more, **named)

    monkeypatch.setattr(http.client.HTTPConnection, "request", count)
    return counted


def plant(ask: Asker, vm: str, **state: t.Any) -> None:
    """Set properties of a VM: vcsim takes them as advanced settings of the name SET.<path>."""
    settings = [
        vim.option.OptionValue(key=f"SET.{path.replace('__', '.')}", value=value) for path, value in state.items()
    ]
    ask.reconfigure(vm, extraConfig=settings)


def guest_reports(ask: Asker, vm: str, mac: str) -> None:
    nics = VmomiSupport.GetVmodlType("vim.vm.GuestInfo.NicInfo[]")
    seen = vim.vm.GuestInfo.NicInfo(macAddress=mac, deviceConfigId=4000, connected=True, network=GROUP)
    plant(ask, vm, guest__net=nics([seen]), guest__toolsRunningStatus="guestToolsRunning")


def finding(result: dict[str, t.Any], vm: str) -> dict[str, t.Any]:
    (found,) = (vnic for vnic in result["ansible_facts"]["mac_drift"]["vnics"] if vnic["vm"] == vm)
    return dict(found)


# What it can't do


@pytest.mark.parametrize("name", CANNOT)
def test_what_it_cannot_do_fails_with_our_message(name: str, vcsim: Lab, module: Module) -> None:
    run, options, told, _why = CANNOT[name]
    result = module(vcsim, run, **options)
    assert result["failed"]
    assert told in result["msg"]
    assert "Traceback" not in result["msg"]
    assert result["changed"] is False


# Sessions


def test_every_module_logs_out(vcsim: Lab, ask: Asker, module: Module) -> None:
    assert "failed" not in module(vcsim, "mac_drift_facts")
    mine = ask.content.sessionManager.currentSession.key
    assert [session.key for session in ask.content.sessionManager.sessionList] == [mine]


def test_a_wrong_password_is_named_as_such(vcsim: Lab, module: Module) -> None:
    result = module(vcsim, "mac_drift_facts", password="wrong")
    assert result["failed"]
    assert "wrong user name or password" in result["msg"]


def test_a_certificate_that_is_not_trusted_is_named_as_such(vcsim: Lab, module: Module) -> None:
    result = module(vcsim, "mac_drift_facts", ca_path=None)
    assert result["failed"]
    assert "ca_path" in result["msg"]


# Facts


def test_nothing_known_is_never_no_drift(vcsim: Lab, module: Module) -> None:
    """vcsim's dvPorts name no vNIC and its guests run no Tools."""
    result = module(vcsim, "mac_drift_facts", report="all")
    found = finding(result, VM)
    assert found["verdict"] == "unknown"
    assert found["runtime_mac"] is None


def test_what_the_guest_reports_is_a_match_or_drift(vcsim: Lab, ask: Asker, module: Module) -> None:
    configured = ask.card(VM).macAddress
    guest_reports(ask, VM, configured)
    assert finding(module(vcsim, "mac_drift_facts", report="all"), VM)["verdict"] == "match"
    guest_reports(ask, VM, FOREIGN)
    result = module(vcsim, "mac_drift_facts")
    found = finding(result, VM)
    assert (found["verdict"], found["runtime_mac"], found["configured_mac"]) == ("probable", FOREIGN, configured)
    json.dumps(result["ansible_facts"])  # what a fact cache will do


def test_events_are_found_as_evidence(vcsim: Lab, ask: Asker, module: Module) -> None:
    guest_reports(ask, VM, FOREIGN)
    ask.content.eventManager.PostEvent(
        vim.event.VmMacChangedEvent(
            vm=vim.event.VmEventArgument(vm=ask.vm(VM), name=VM),
            adapter="ethernet-0",
            oldMac="00:50:56:00:00:09",
            newMac=ask.card(VM).macAddress,
            key=0,
            chainId=0,
            createdTime=ask.content.sessionManager.currentSession.loginTime,
            userName="",
        )
    )
    found = finding(module(vcsim, "mac_drift_facts"), VM)
    assert "VmMacChangedEvent" in json.dumps(found)


def test_the_number_of_calls_does_not_grow_with_the_number_of_vms(
    start_vcsim: StartVcsim, module: Module, calls: collections.Counter[str]
) -> None:
    few = start_vcsim("-standalone-host", "0", "-vm", "5", "-autostart=false")
    many = start_vcsim("-standalone-host", "0", "-vm", "1100", "-autostart=false")
    assert module(few, "mac_drift_facts")["ansible_facts"]["mac_drift"]["vms"] == 5
    expected, pages = sum(calls.values()), calls["ContinueRetrievePropertiesEx"]
    calls.clear()
    assert module(many, "mac_drift_facts")["ansible_facts"]["mac_drift"]["vms"] == 1100
    more = calls["ContinueRetrievePropertiesEx"] - pages
    assert more >= 2, "1,100 VMs came in one page: the paging wasn't tried"
    assert sum(calls.values()) - expected == more
    assert calls["RetrievePropertiesEx"] > 0


# Pin


def pinnable(ask: Asker) -> str:
    """Turn the VM off and give it a MAC as vCenter does; vcsim only generates them, as hosts do, and has no number."""
    ask.content.setting.UpdateOptions([vim.option.OptionValue(key="instance.id", value=6)])
    task.WaitForTask(ask.vm(VM).PowerOffVM_Task())
    card = ask.card(VM)
    card.addressType, card.macAddress = "assigned", "00:50:56:86:00:01"
    ask.edit(card, VM)
    return str(card.macAddress)


def test_a_mac_is_pinned_once_and_stays(vcsim: Lab, ask: Asker, module: Module) -> None:
    mac = pinnable(ask)
    foretold = module(vcsim, "vnic_mac_pin", vms=[VM], check=True)
    assert ask.card(VM).addressType == "assigned"
    done = module(vcsim, "vnic_mac_pin", vms=[VM])
    assert (done["changed"], done["diff"]) == (True, foretold["diff"])
    assert (ask.card(VM).addressType, ask.card(VM).macAddress) == ("manual", mac)
    assert module(vcsim, "vnic_mac_pin", vms=[VM])["changed"] is False
    restored = module(vcsim, "vnic_mac_pin", restore=done["restore"])
    assert restored.get("changed") is True, restored
    assert (ask.card(VM).addressType, ask.card(VM).macAddress) == ("assigned", mac)


def test_a_duplicate_is_found_before_it_is_written(vcsim: Lab, ask: Asker, module: Module) -> None:
    mac, other = "00:50:56:11:22:33", "DC0_C0_RP0_VM1"
    task.WaitForTask(ask.vm(VM).PowerOffVM_Task())
    assert module(vcsim, "vnic_mac_pin", vms=[VM], mac=mac)["changed"] is True
    task.WaitForTask(ask.vm(other).PowerOffVM_Task())
    result = module(vcsim, "vnic_mac_pin", vms=[other], mac=mac)
    assert result["failed"]
    assert VM in result["msg"]
    assert ask.card(other).macAddress != mac


# Move


@pytest.fixture
def with_hosts(start_vcsim: StartVcsim, govc: Govc, tmp_path: pathlib.Path) -> Lab:
    """vcsim with an inventory of its own, in which a standard network knows its hosts, as it does in vSphere."""
    govc(start_vcsim("-standalone-host", "0", "-pg", "2"), "object.save", "-d", str(tmp_path / "saved"))
    (network,) = (tmp_path / "saved").glob("*-Network-*.xml")
    hosts = [path.stem.split("-", 2)[2] for path in (tmp_path / "saved").glob("*-HostSystem-*.xml")]
    refs = "".join(f'<ManagedObjectReference type="HostSystem">{host}</ManagedObjectReference>' for host in hosts)
    network.write_text(re.sub(r"(<name>host</name>\s*<val [^>]*>)(?=</val>)", rf"\1{refs}", network.read_text()))
    return start_vcsim("-load", str(tmp_path / "saved"))


def test_a_vnic_moves_to_another_dvportgroup_and_back(start_vcsim: StartVcsim, module: Module) -> None:
    vcsim = start_vcsim("-standalone-host", "0", "-pg", "2")
    with asker(vcsim) as ask:
        mac = pinnable(ask)
        module(vcsim, "vnic_mac_pin", vms=[VM])
        foretold = module(vcsim, "vnic_portgroup", vms=[VM], target="DC0_DVPG1", check=True)
        done = module(vcsim, "vnic_portgroup", vms=[VM], target="DC0_DVPG1")
        assert (done["changed"], done["diff"]) == (True, foretold["diff"])
        target = ask.named(vim.dvs.DistributedVirtualPortgroup, "DC0_DVPG1")
        assert ask.card(VM).backing.port.portgroupKey == target._moId
        assert (ask.card(VM).macAddress, ask.card(VM).addressType) == (mac, "manual")
        assert module(vcsim, "vnic_portgroup", vms=[VM], target="DC0_DVPG1")["changed"] is False
        assert module(vcsim, "vnic_portgroup", restore=done["restore"])["changed"] is True
        assert ask.card(VM).backing.port.portgroupKey != target._moId


def test_a_vnic_moves_between_distributed_and_standard(with_hosts: Lab, module: Module) -> None:
    with asker(with_hosts) as ask:
        mac = pinnable(ask)
        module(with_hosts, "vnic_mac_pin", vms=[VM])
        for target, kind in (("VM Network", "NetworkBackingInfo"), (GROUP, "DistributedVirtualPortBackingInfo")):
            done = module(with_hosts, "vnic_portgroup", vms=[VM], target=target)
            assert done["changed"] is True, done
            assert type(ask.card(VM).backing).__name__.endswith(kind)
            assert (ask.card(VM).macAddress, ask.card(VM).addressType) == (mac, "manual")
