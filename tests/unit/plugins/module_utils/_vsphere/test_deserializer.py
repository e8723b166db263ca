# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lean deserialiser against pyVmomi's own, on objects at random and on what a server sends."""

from __future__ import annotations

import dataclasses
import datetime
import random
import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import ConnectionFailed, NotFound
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.scope import Scope
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import collect, deserializer
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.session import Options, Session, open_session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.sieve import Keep, sieved
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import codec as vnic_codec
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import runtime
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic.reader import VnicReader
from hypothesis import given, settings
from hypothesis import strategies as st
from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl

QUERY = vmodl.query.PropertyCollector
KINDS = [
    vim.vm.device.VirtualVmxnet3,
    vim.vm.device.VirtualSriovEthernetCard,
    vim.vm.device.VirtualDisk,
    vim.vm.GuestInfo.NicInfo,
    vim.vm.SnapshotInfo,
    vim.host.PortGroup,
    vim.dvs.DistributedVirtualPort,
    vim.vm.ScheduledHardwareUpgradeInfo,
    vim.vm.ConfigInfo,
]
NARROWER = {
    vim.dvs.DistributedVirtualPort.Setting: vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy,
    vim.vm.device.VirtualDevice.BackingInfo: vim.vm.device.VirtualEthernetCard.DistributedVirtualPortBackingInfo,
}


class Stub:
    """As much of a stub as a deserialiser needs."""

    version = VmomiSupport.newestVersions.GetName("vim")

    def SupportServerGUIDs(self) -> bool:
        return False


def made(kind: t.Any, rng: random.Random, depth: int = 0) -> t.Any:
    """Any value of a type, by pyVmomi's own description of it."""
    if issubclass(kind, list):
        return kind([made(kind.Item, rng, depth + 1) for _unused in range(rng.randint(1 if depth < 3 else 0, 2))])
    if issubclass(kind, VmomiSupport.ManagedObject):
        return (vim.HostSystem if kind is VmomiSupport.ManagedObject else kind)(f"moid-{rng.randint(1, 9)}")
    if issubclass(kind, VmomiSupport.DataObject):
        return filled(NARROWER.get(kind, kind)(), rng, depth)
    return plain(kind, rng)


def filled(value: t.Any, rng: random.Random, depth: int) -> t.Any:
    for info in value._GetPropertyList():
        optional = info.flags & VmomiSupport.F_OPTIONAL
        untyped = info.type in (object, Exception) or issubclass(info.type, (type, vmodl.MethodFault))
        if info.name.startswith("dynamic") or untyped or (optional and (depth > 4 or rng.random() < 0.4)):
            continue
        # Not by setattr: it insists on required lists being filled, which servers don't.
        object.__setattr__(value, info.name, made(info.type, rng, depth + 1))
    return value


def plain(kind: t.Any, rng: random.Random) -> t.Any:
    if kind is bool:
        return rng.random() < 0.5
    if kind is datetime.datetime:
        return datetime.datetime(2026, 1, rng.randint(1, 28), rng.randint(0, 23), tzinfo=datetime.timezone.utc)
    if kind is VmomiSupport.binary:
        return VmomiSupport.binary(b"bytes")
    if issubclass(kind, VmomiSupport.Enum):
        return rng.choice(kind.values) if getattr(kind, "values", None) else ""
    if issubclass(kind, (int, float)):
        return kind(rng.randint(0, 100))
    return kind(rng.choice(["", "x", "Grüße & <mehr>", " with spaces ", "00:50:56:86:00:01"]))


def page(rng: random.Random) -> t.Any:
    """What a property collector may answer: objects with properties of every kind."""
    values = [made(kind, rng) for kind in rng.sample(KINDS, 3)]
    devices = VmomiSupport.GetVmodlType("vim.vm.device.VirtualDevice[]")
    cards = devices([made(rng.choice(KINDS[:3]), rng) for _unused in range(3)])
    values += [cards, "text", True, VmomiSupport.long(7), vim.VirtualMachine.PowerState.poweredOn]
    properties = [vmodl.DynamicProperty(name=f"p{n}", val=value) for n, value in enumerate(values)]
    return QUERY.RetrieveResult(
        token="t", objects=[QUERY.ObjectContent(obj=vim.VirtualMachine("vm-1"), propSet=properties)]
    )


def wire(value: t.Any) -> bytes:
    info = VmomiSupport.Object(name="returnval", type=QUERY.RetrieveResult, version=Stub.version, flags=0)
    body = SoapAdapter.SerializeToStr(value, info, Stub.version)
    return (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        f'<RetrievePropertiesExResponse xmlns="urn:vim25">{body}</RetrievePropertiesExResponse>'
        "</soapenv:Body></soapenv:Envelope>"
    ).encode()


def lean(data: bytes, keep: Keep) -> t.Any:
    envelope: t.Any = SoapAdapter.SoapResponseDeserializer(Stub())
    envelope.deser = deserializer.Deserializer(Stub(), keep)
    return envelope.Deserialize(sieved(data, keep), QUERY.RetrieveResult)


def full(data: bytes) -> t.Any:
    return SoapAdapter.SoapResponseDeserializer(Stub()).Deserialize(data, QUERY.RetrieveResult)


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_keeping_everything_gives_what_pyvmomi_gives(seed: int) -> None:
    data = wire(page(random.Random(seed)))
    assert repr(lean(data, Keep())) == repr(full(data))


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_what_is_kept_is_what_pyvmomi_gives_and_the_rest_is_unset(seed: int) -> None:
    data = wire(page(random.Random(seed)))
    of_ports = runtime.kept()
    keep = dataclasses.replace(vnic_codec.kept().also(of_ports.wanted), cut=of_ports.cut)
    for ours, theirs in zip(lean(data, keep).objects[0].propSet, full(data).objects[0].propSet, strict=True):
        assert repr(ours.val) == repr(pruned(theirs.val, keep))


def rule(value: t.Any, keep: Keep) -> frozenset[str] | None:
    """What is wanted of a value: of its class, or of the nearest base that is spoken of, or everything."""
    everything = frozenset(info.name for info in getattr(value, "_GetPropertyList", list)())
    return next((keep.wanted[base] for base in type(value).__mro__ if base in keep.wanted), everything)


def pruned(value: t.Any, keep: Keep) -> t.Any:
    """pyVmomi's object without what is not to be kept."""
    if isinstance(value, list):
        return type(value)([pruned(item, keep) for item in value if rule(item, keep) is not None])
    wanted = rule(value, keep)
    if wanted is None or not isinstance(value, VmomiSupport.DataObject):
        return None if wanted is None else value
    empty = type(value)()
    for info in value._GetPropertyList():
        inner = pruned(getattr(value, info.name), keep) if info.name in wanted else getattr(empty, info.name)
        object.__setattr__(value, info.name, inner)
    return value


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    lab = vsphere_lab.load("drifted")
    server = vsphere_lab.serve(lab)
    options = Options(
        hostname=server.host,
        port=server.port,
        username="administrator@vsphere.local",
        password="VMware1!",
        ca_path=str(server.ca_file),
    )
    with open_session(options) as opened:
        yield opened
    server.stop()


def test_over_https_the_same_vms_come_out(session: Session) -> None:
    places = VnicReader(session).places

    def vms(keep: Keep | None) -> list[object]:
        found = collect.below(session, vim.VirtualMachine, vnic_codec.VM_PATHS, keep=keep)
        return [vnic_codec.of_vm(vm.ref._moId, vm.properties, places) for vm in found]

    assert vms(vnic_codec.kept()) == vms(None) != []


def test_over_https_the_same_observations_come_out(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = VnicReader(session)
    vms = reader.vms(Scope())
    ours = reader.observe(vms)
    monkeypatch.setattr(runtime, "lean", lambda ref, keep: ref)
    monkeypatch.setattr(collect, "lean", lambda ref, keep: ref)
    assert reader.observe(vms) == ours != {}


def test_what_it_brings_can_be_called_with_pyvmomis_own_stub(session: Session) -> None:
    (vm, *_rest) = collect.below(session, vim.VirtualMachine, ["name"], keep=vnic_codec.kept())
    assert vm.ref.name == vm.properties["name"]


def test_faults_are_the_same(session: Session) -> None:
    gone = vim.Folder("group-0", session.stub)
    for keep in (None, vnic_codec.kept()):
        with pytest.raises(NotFound, match="ManagedObjectNotFound"):
            list(collect.below(session, vim.VirtualMachine, ["name"], gone, keep))


def test_an_answer_that_is_no_soap_is_a_broken_connection(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.stub, "path", "/elsewhere")
    with pytest.raises(ConnectionFailed):
        list(collect.below(session, vim.VirtualMachine, ["name"], keep=vnic_codec.kept()))
