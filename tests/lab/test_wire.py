# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: what goes in comes out, and what servers write differently from clients."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from pyVmomi import vim, vmodl
from vsphere_lab import wire
from vsphere_lab.core import Lab, ManagedObject, make

VERSION = wire.version_of('"urn:vim25/8.0.3.0"', "8.0.3.0")
ENVELOPE = (
    '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Header><operationID>x</operationID></soapenv:Header>'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


def request(body: str) -> wire.Request:
    return wire.parse_request(ENVELOPE.format(body).encode(), VERSION)


def fragment(obj: ManagedObject, path: str, version: str) -> str:
    return "".join(wire.fragment(obj, path, version))


def test_reads_lists_and_subtypes_of_a_request() -> None:
    read = request(
        '<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-1</_this><spec><name>n</name>'
        '<deviceChange><operation>edit</operation><device xsi:type="VirtualVmxnet3"><key>4000</key></device>'
        "</deviceChange>"
        '<deviceChange><operation>add</operation><device xsi:type="VirtualE1000"><key>-1</key></device></deviceChange>'
        "</spec></ReconfigVM_Task>"
    )
    assert (read.method, read.moid) == ("ReconfigVM_Task", "vm-1")
    devices = [change.device for change in read.arguments["spec"].deviceChange]
    assert [(type(device), device.key) for device in devices] == [
        (vim.vm.device.VirtualVmxnet3, 4000),
        (vim.vm.device.VirtualE1000, -1),
    ]


def test_arguments_that_are_not_given_are_none_in_their_place() -> None:
    read = request(
        '<CreateContainerView xmlns="urn:vim25"><_this type="ViewManager">ViewManager</_this>'
        '<container type="Folder">group-d1</container><recursive>true</recursive></CreateContainerView>'
    )
    assert list(read.arguments) == ["container", "type", "recursive"]
    assert read.arguments["type"] is None
    assert read.arguments["recursive"] is True


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<Bogus/>",
        '<Login xmlns="urn:vim25"><userName>x</userName></Login>',
        '<Login xmlns="urn:vim25"><x/></Login>',
    ],
)
def test_a_bad_request_is_a_fault(body: str) -> None:
    with pytest.raises(vmodl.fault.InvalidRequest):
        request(body)


def test_a_reference_in_an_any_is_called_what_other_clients_know() -> None:
    option = vim.option.OptionValue(key="k", value=vim.VirtualMachine("vm-1"))
    text = wire.element("x", option, type(option), VERSION)
    assert 'xsi:type="ManagedObjectReference"' in text
    assert 'type="VirtualMachine">vm-1<' in text


def test_plain_values_get_their_declared_type(lab: Lab) -> None:
    vm = lab.get("vm-1001")
    vm.set(config=make(vim.vm.ConfigInfo, name="n", cpuAllocation=make(vim.ResourceAllocationInfo, limit=3)))
    assert 'xsi:type="xsd:long">3<' in fragment(vm, "config.cpuAllocation.limit", VERSION)
    assert 'xsi:type="ArrayOfManagedObjectReference"' in fragment(lab.get("group-d1"), "childEntity", VERSION)


def test_a_client_of_an_older_version_does_not_get_newer_fields() -> None:
    setting = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy()
    setting.macManagementPolicy = vim.dvs.VmwareDistributedVirtualSwitch.MacManagementPolicy(inherited=False)
    old = wire.version_of('"urn:vim25/6.5"', "8.0.3.0")
    assert "macManagementPolicy" in wire.element("x", setting, type(setting), VERSION)
    assert "macManagementPolicy" not in wire.element("x", setting, type(setting), old)


def test_a_required_field_that_is_unset_is_a_bug_of_the_lab() -> None:
    with pytest.raises(TypeError, match="required"):
        wire.element("x", vim.event.VmEventArgument(name="n"), vim.event.VmEventArgument, VERSION)


def test_faults_carry_type_fields_and_message() -> None:
    fault: t.Any = vim.fault.NoPermission(object=vim.Folder("group-d1"), privilegeId="A.B", msg="no <way>")
    text = "".join(wire.fault_response(fault, VERSION))
    assert "<faultstring>no &lt;way&gt;</faultstring>" in text
    assert '<NoPermissionFault xmlns="urn:vim25" xsi:type="NoPermission">' in text
    assert "<privilegeId>A.B</privilegeId>" in text
    assert fault.msg == "no <way>"  # whoever raised it may hold it


def test_a_fragment_is_made_once_until_its_property_changes(lab: Lab) -> None:
    vm = lab.get("vm-1001")
    path = "config.hardware.device[4000].macAddress"
    first = wire.fragment(vm, path, VERSION)
    vm.set(name="other")
    assert wire.fragment(vm, path, VERSION) is first
    vm.revise("config.hardware.device[4000]", macAddress="00:50:56:00:00:01")
    assert "00:50:56:00:00:01" in fragment(vm, path, VERSION)


def test_clients_of_several_versions_get_their_own(lab: Lab) -> None:
    vm, old = lab.get("vm-1001"), wire.version_of('"urn:vim25/6.5"', "8.0.3.0")
    vm.set(guest=make(vim.vm.GuestInfo, customizationInfo=make(vim.vm.GuestInfo.CustomizationInfo)))  # since 7.0.2
    for _unused in range(2):
        assert "customizationInfo" in fragment(vm, "guest", VERSION)
        assert "customizationInfo" not in fragment(vm, "guest", old)


def test_text_is_escaped(lab: Lab) -> None:
    vm = lab.get("vm-1001")
    vm.set(name="a<b>&c", config=make(vim.vm.ConfigInfo, annotation="x & <y>"))
    assert ">a&lt;b&gt;&amp;c<" in fragment(vm, "name", VERSION)
    assert "<annotation>x &amp; &lt;y&gt;</annotation>" in fragment(vm, "config", VERSION)


def test_a_computed_property_is_never_stale(lab: Lab) -> None:
    vm = lab.get("vm-1001")
    assert "app-0" in fragment(vm, "summary.config.name", VERSION)
    vm.set(name="other")
    assert "other" in fragment(vm, "summary.config.name", VERSION)


def test_shared_objects_are_written_once_and_the_same() -> None:
    plain, shared = (make(vim.vm.device.VirtualLsiLogicController, key=1000) for _unused in range(2))
    wire.share(shared)
    texts = {wire.element("x", each, vim.vm.device.VirtualDevice, VERSION) for each in (plain, shared, shared)}
    assert len(texts) == 1


def test_times_go_out_with_their_zone() -> None:
    when = datetime.datetime(2026, 3, 2, 8, tzinfo=datetime.timezone.utc)
    assert "2026-03-02T08:00:00Z" in wire.element("x", when, datetime.datetime, VERSION)


def test_versions_offered_start_with_the_servers_own() -> None:
    text = wire.service_versions("7.0.3.0")
    assert "<version>7.0.3.0</version><priorVersions><version>7.0.2.1</version>" in text
    assert "8.0" not in text
    assert wire.version_of('"urn:vim25/9.1.0.0"', "8.0.3.0") == VERSION
