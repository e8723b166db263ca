# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings for tests: a tiny one written by hand, and one of a lab, in the shape that govc object.save gives them."""

from __future__ import annotations

import pathlib
import typing as t

import vsphere_lab
from vsphere_lab import methods, wire
from vsphere_lab.sdk import vim
from vsphere_lab.switches import DistributedSwitch

XSI = "http://www.w3.org/2001/XMLSchema-instance"
FOLDERS = {"vmFolder": "group-v3", "hostFolder": "group-h4", "datastoreFolder": "group-s5", "networkFolder": "group-n6"}


def _ref(name: str, kind: str, moid: str) -> str:
    return f'<propSet><name>{name}</name><val type="{kind}" xsi:type="ManagedObjectReference">{moid}</val></propSet>'


def _value(name: str, kind: str, inner: str) -> str:
    return f'<propSet><name>{name}</name><val xsi:type="{kind}">{inner}</val></propSet>'


def _text(name: str, text: str) -> str:
    return _value(name, "xsd:string", text)


def _folder(moid: str, name: str) -> tuple[str, str, str]:
    return "Folder", moid, _text("name", name) + _ref("parent", "Datacenter", "datacenter-2")


TINY: list[tuple[str, str, str]] = [
    (
        "ServiceInstance",
        "ServiceInstance",
        _value(
            "content",
            "ServiceContent",
            '<rootFolder type="Folder">group-d1</rootFolder><about><name>VMware vCenter Server</name>'
            "<fullName>VMware vCenter Server 7.0.3 build-1</fullName><vendor>VMware, Inc.</vendor>"
            "<version>7.0.3</version><build>1</build><osType>linux-x64</osType><productLineId>vpx</productLineId>"
            "<apiType>VirtualCenter</apiType><apiVersion>7.0.3.0</apiVersion></about>"
            '<setting type="OptionManager">VpxSettings</setting>',
        ),
    ),
    ("Folder", "group-d1", _text("name", "Datacenters")),
    (
        "OptionManager",
        "VpxSettings",
        _value(
            "setting",
            "ArrayOfOptionValue",
            '<OptionValue xsi:type="OptionValue"><key>instance.id</key><value xsi:type="xsd:int">3</value>'
            "</OptionValue>",
        ),
    ),
    (
        "Datacenter",
        "datacenter-2",
        _text("name", "Berlin")
        + _ref("parent", "Folder", "group-d1")
        + "".join(_ref(name, "Folder", moid) for name, moid in FOLDERS.items()),
    ),
    *(_folder(moid, name.removesuffix("Folder")) for name, moid in FOLDERS.items()),
    ("ComputeResource", "domain-s7", _text("name", "esx-17.example.com") + _ref("parent", "Folder", "group-h4")),
    (
        "HostSystem",
        "host-17",
        _text("name", "esx-17.example.com")
        + _ref("parent", "ComputeResource", "domain-s7")
        + _value(
            "runtime",
            "HostRuntimeInfo",
            "<connectionState>connected</connectionState><powerState>poweredOn</powerState>"
            "<inMaintenanceMode>false</inMaintenanceMode>",
        )
        + _value(
            "summary",
            "HostListSummary",
            '<host type="HostSystem">host-17</host><config><name>esx-17.example.com</name><port>443</port><product>'
            "<name>VMware ESXi</name><fullName>VMware ESXi 7.0.3 build-2</fullName><vendor>VMware, Inc.</vendor>"
            "<version>7.0.3</version><build>2</build><osType>vmnix-x86</osType><productLineId>embeddedEsx"
            "</productLineId><apiType>HostAgent</apiType><apiVersion>7.0.3.0</apiVersion></product>"
            "<vmotionEnabled>false</vmotionEnabled></config><overallStatus>green</overallStatus>"
            "<rebootRequired>false</rebootRequired>",
        )
        + _value("configManager", "HostConfigManager", '<networkSystem type="HostNetworkSystem">net-1</networkSystem>')
        + _value(
            "network",
            "ArrayOfManagedObjectReference",
            '<ManagedObjectReference type="Network" xsi:type="ManagedObjectReference">network-9'
            "</ManagedObjectReference>",
        ),
    ),
    (
        "HostNetworkSystem",
        "net-1",
        _value(
            "networkInfo",
            "HostNetworkInfo",
            "<vswitch><name>vSwitch0</name><key>key-vim.host.VirtualSwitch-vSwitch0</key><numPorts>1536</numPorts>"
            "<numPortsAvailable>1500</numPortsAvailable><mtu>9000</mtu><spec><numPorts>128</numPorts><policy><security>"
            "<allowPromiscuous>false</allowPromiscuous><macChanges>false</macChanges>"
            "<forgedTransmits>false</forgedTransmits></security></policy></spec></vswitch>"
            "<portgroup><key>key-vim.host.PortGroup-Kasse 4</key><vswitch>key-vim.host.VirtualSwitch-vSwitch0</vswitch>"
            "<computedPolicy><security><allowPromiscuous>false</allowPromiscuous><macChanges>false</macChanges>"
            "<forgedTransmits>false</forgedTransmits></security></computedPolicy>"
            "<spec><name>Kasse 4</name><vlanId>44</vlanId><vswitchName>vSwitch0</vswitchName><policy/></spec>"
            "</portgroup><atBootIpV6Enabled>true</atBootIpV6Enabled>",
        ),
    ),
    ("Network", "network-9", _text("name", "Kasse 4") + _ref("parent", "Folder", "group-n6")),
    (
        "VirtualMachine",
        "vm-42",
        _text("name", "till-42")
        + _ref("parent", "Folder", "group-v3")
        + _value(
            "config",
            "VirtualMachineConfigInfo",
            "<changeVersion>2024-05-01T10:00:00.1Z</changeVersion><name>till-42</name><guestId>debian11_64Guest</guestId>"
            "<uuid>420e6e7c-1a2b-3c4d-5e6f-708192a3b4c5</uuid><version>vmx-19</version><template>false</template>"
            "<files><vmPathName>[ssd-7] till-42/till-42.vmx</vmPathName></files>"
            "<annotation>call Ms Example at 192.0.2.77</annotation>"
            '<extraConfig xsi:type="OptionValue"><key>guestinfo.password</key>'
            '<value xsi:type="xsd:string">hunter2</value></extraConfig>'
            "<hardware><numCPU>1</numCPU><memoryMB>512</memoryMB>"
            '<device xsi:type="VirtualVmxnet3"><key>4000</key><deviceInfo><label>Network adapter 1</label>'
            "<summary>Kasse 4</summary></deviceInfo>"
            '<backing xsi:type="VirtualEthernetCardNetworkBackingInfo"><deviceName>Kasse 4</deviceName></backing>'
            "<connectable><startConnected>true</startConnected><allowGuestControl>true</allowGuestControl>"
            "<connected>true</connected><status>ok</status></connectable>"
            "<addressType>assigned</addressType><macAddress>00:50:56:83:12:34</macAddress></device></hardware>",
        )
        + _value(
            "runtime",
            "VirtualMachineRuntimeInfo",
            '<host type="HostSystem">host-17</host><connectionState>connected</connectionState>'
            "<powerState>poweredOn</powerState><faultToleranceState>notConfigured</faultToleranceState>"
            "<numMksConnections>0</numMksConnections><recordReplayState>inactive</recordReplayState>",
        )
        + _value(
            "guest",
            "GuestInfo",
            "<toolsRunningStatus>guestToolsRunning</toolsRunningStatus><hostName>till-42.example.com</hostName>"
            "<ipAddress>192.0.2.42</ipAddress><net><macAddress>00:50:56:83:99:99</macAddress><connected>true</connected>"
            "<ipAddress>192.0.2.42</ipAddress><ipAddress>fe80::250:56ff:fe83:9999</ipAddress>"
            "<deviceConfigId>-1</deviceConfigId></net><guestState>running</guestState>",
        ),
    ),
]


def tiny(directory: pathlib.Path, *more: tuple[str, str, str]) -> pathlib.Path:
    """Write the tiny recording and what is to be added to it."""
    directory.mkdir(parents=True, exist_ok=True)
    for number, (kind, moid, properties) in enumerate([*TINY, *more]):
        _write(directory / f"{number:04d}-{kind}-{moid}.xml", kind, moid, properties)
    return directory


def _write(file: pathlib.Path, kind: str, moid: str, properties: str) -> None:
    text = f'<ObjectContent xmlns:xsi="{XSI}"><obj type="{kind}">{moid}</obj>{properties}</ObjectContent>'
    file.write_text(text, encoding="utf-8")


def save(lab: vsphere_lab.Lab, directory: pathlib.Path) -> pathlib.Path:
    """Record a lab: every property of every object of the inventory, and the ports of its distributed switches."""
    directory.mkdir(parents=True)
    wanted = (vim.ManagedEntity, vim.host.NetworkSystem, vim.option.OptionManager)
    objects = [obj for obj in lab.objects.values() if isinstance(obj.ref, wanted) or obj.moid == "ServiceInstance"]
    for number, obj in enumerate(objects):
        names = ["content"] if obj.moid == "ServiceInstance" else _names(obj)
        properties = "".join(_recorded(obj, name) for name in names)
        kind = obj.wsdl._wsdlName
        _write(directory / f"{number:04d}-{kind}-{obj.moid}.xml", kind, obj.moid, properties)
    for switch in lab.all(DistributedSwitch):
        _save_ports(switch, directory / f"VmwareDistributedVirtualSwitch-{switch.moid}")
    return directory


def _names(obj: t.Any) -> list[str]:
    return sorted({info.name for info in obj.wsdl._GetPropertyList()})


def _recorded(obj: t.Any, name: str) -> str:
    value = "".join(wire.fragment(obj, name, wire.NEWEST))
    return f"<propSet><name>{name}</name>{value}</propSet>" if value else ""


def _save_ports(switch: t.Any, directory: pathlib.Path) -> None:
    directory.mkdir()
    info = methods.method_info("FetchDVPorts")
    ports = "".join(wire.pieces_of("returnval", switch.FetchDVPorts(None), info.result, wire.NEWEST))
    text = f'<FetchDVPortsResponse xmlns:xsi="{XSI}">{ports}</FetchDVPortsResponse>'
    (directory / "FetchDVPorts.xml").write_text(text, encoding="utf-8")
