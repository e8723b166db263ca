# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario file may say, and how it is found, merged with the one it extends, and checked."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import yaml

from . import behaviour, macs
from .schema import ScenarioError, build, near

SCENARIOS = pathlib.Path(__file__).resolve().parent.parent / "scenarios"
_LOADER: t.Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same loader, several times as fast
Answer = t.Literal["accept", "reject"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Security:
    """The three flags; one that is not given is inherited (a standard portgroup) or reject."""

    promiscuous_mode: Answer | None = None
    forged_transmits: Answer | None = None
    mac_changes: Answer | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class MacLearning:
    enabled: bool = True
    allow_unicast_flooding: bool = True
    limit: int = 4096
    limit_policy: t.Literal["allow", "drop"] = "drop"


@dataclasses.dataclass(frozen=True, kw_only=True)
class MacManagement(Security):
    """The policy of a distributed portgroup or port; without one it is inherited as a whole."""

    mac_learning: MacLearning | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Teaming:
    policy: str = "loadbalance_srcid"
    active: tuple[str, ...] = ()
    standby: tuple[str, ...] = ()
    notify_switches: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shaping:
    average_kbps: int
    peak_kbps: int
    burst_kb: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Portgroup:
    name: str
    vlan: int = 0
    security: Security = Security()
    teaming: Teaming | None = None
    shaping: Shaping | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class StandardSwitch:
    """A vSwitch that stands, alike, on every host, or on those named."""

    name: str
    hosts: tuple[str, ...] = ()
    uplinks: tuple[str, ...] = ()
    mtu: int = 1500
    security: Security = Security(promiscuous_mode="reject", forged_transmits="reject", mac_changes="reject")
    portgroups: tuple[Portgroup, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class PortOverride:
    """The first free port of the portgroup gets its own policy; a vNIC takes it with `port_override: true`."""

    mac_management: MacManagement


@dataclasses.dataclass(frozen=True, kw_only=True)
class DvPortgroup:
    name: str
    vlan: int | str = 0  # "100-200,300" is a trunk
    binding: t.Literal["earlyBinding", "ephemeral"] = "earlyBinding"
    backing: t.Literal["standard", "nsx"] = "standard"
    ports: int = 8
    auto_expand: bool = True
    mac_management: MacManagement | None = None
    legacy_security: Security | None = None
    overrides_allowed: bool = False
    port_overrides: tuple[PortOverride, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class DistributedSwitch:
    name: str
    version: str = "8.0.3"
    hosts: tuple[str, ...] = ()
    uplinks: tuple[str, ...] = ("Uplink 1", "Uplink 2")
    mtu: int = 1500
    mac_learning_supported: bool = True
    mac_management: MacManagement = MacManagement(
        promiscuous_mode="reject", forged_transmits="reject", mac_changes="reject"
    )
    legacy_security: Security | None = None
    portgroups: tuple[DvPortgroup, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Host:
    SHORTHAND: t.ClassVar[str] = "name"
    name: str
    version: str = "8.0.3"
    build: str = "24022510"
    connection: t.Literal["connected", "disconnected", "notResponding"] = "connected"
    maintenance: bool = False
    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    unset_policy: t.Literal["empty", "absent"] = "empty"  # how this host shows a portgroup without overrides


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    name: str
    hosts: tuple[Host, ...]
    drs: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class Nic:
    """A vNIC; with `runtime_mac` it has drifted, and with `reconnected` its port was opened again since."""

    SHORTHAND: t.ClassVar[str] = "portgroup"
    portgroup: str
    switch: str | None = None
    type: t.Literal["assigned", "generated", "manual"] = "assigned"
    mac: str | None = None
    model: t.Literal["vmxnet3", "e1000", "e1000e", "vmxnet2", "pcnet32", "sriov"] = "vmxnet3"
    connected: bool = True
    runtime_mac: str | None = None
    reconnected: bool = False
    port_override: bool = False

    def __post_init__(self) -> None:
        for mac in filter(None, (self.mac, self.runtime_mac)):
            if not macs.is_mac(mac):
                raise ValueError(f"{mac!r} is not a MAC address")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inner:
    """A VM inside a nested ESXi: no vCenter knows it, only its frames are seen."""

    name: str
    mac: str
    vlan: int = 0  # the tag that the nested host puts on its frames

    def __post_init__(self) -> None:
        if not macs.is_mac(self.mac):
            raise ValueError(f"{self.mac!r} is not a MAC address")


@dataclasses.dataclass(frozen=True, kw_only=True)
class GuestNic:
    """A NIC that the guest has beside its vNICs (a bond, a bridge, a vmkernel port), as VMware Tools report it."""

    mac: str
    network: str = ""
    ip: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshot:
    name: str
    macs: tuple[str, ...] = ()  # of the vNICs at that time, in order; as they are now where not given


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vm:
    name: str
    nics: tuple[Nic, ...] = ()
    host: str | None = None
    folder: str = ""
    power: t.Literal["poweredOn", "poweredOff", "suspended"] = "poweredOn"
    template: bool = False
    guest_id: str = "ubuntu64Guest"
    hardware: str = "vmx-19"
    cpus: int = 2
    memory_mb: int = 4096
    tools: t.Literal["running", "not_running", "not_installed"] = "running"
    guest_nics: tuple[GuestNic, ...] = ()
    bonded: bool = False  # the guest's NICs report the first one's MAC, as slaves of a Linux bond do
    nested_hv: bool = False
    nested: tuple[Inner, ...] = ()
    managed_by: str | None = None
    disabled_methods: tuple[str, ...] = ()
    fault_tolerant: bool = False
    connection: t.Literal["connected", "disconnected", "inaccessible", "orphaned"] = "connected"
    scheduled_upgrade: str | None = None
    snapshots: tuple[Snapshot, ...] = ()
    extra_config: dict[str, str] = dataclasses.field(default_factory=dict)
    annotation: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Generate:
    """Ask for a made-up estate of this size beside what the scenario names."""

    vms: int
    vnics_per_vm: tuple[int, ...] = (1, 2, 3)
    powered_off: float = 0.1
    drift: float = 0.01
    manual: float = 0.05
    templates: float = 0.01
    without_tools: float = 0.05


@dataclasses.dataclass(frozen=True, kw_only=True)
class Datacenter:
    name: str
    clusters: tuple[Cluster, ...] = ()
    hosts: tuple[Host, ...] = ()  # outside any cluster
    datastores: tuple[str, ...] = ("datastore1",)
    standard_switches: tuple[StandardSwitch, ...] = ()
    distributed_switches: tuple[DistributedSwitch, ...] = ()
    vms: tuple[Vm, ...] = ()
    generate: Generate | None = None

    def all_hosts(self) -> list[Host]:
        return [host for cluster in self.clusters for host in cluster.hosts] + list(self.hosts)


@dataclasses.dataclass(frozen=True, kw_only=True)
class External:
    """A machine on the physical network, in the given VLANs or in all."""

    name: str
    vlans: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class User:
    """One more user, with a role on one named object and nothing elsewhere."""

    name: str
    password: str
    role: str
    entity: str | None = None  # by name; the root folder if not given
    propagate: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    title: str
    product: t.Literal["vcenter", "esxi"] = "vcenter"
    version: str = "8.0.3"
    build: str = "24022515"
    instance_id: int = 6
    switches: dict[str, str] = dataclasses.field(default_factory=dict)
    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    users: tuple[User, ...] = ()
    datacenters: tuple[Datacenter, ...]
    external: tuple[External, ...] = ()
    story: tuple[dict[str, t.Any], ...] = ()  # side-door actions that happen before anybody logs in
    faults: tuple[dict[str, t.Any], ...] = ()  # scripted faults, see faults.py

    def __post_init__(self) -> None:
        if not 0 <= self.instance_id <= 63:
            raise ValueError("instance_id must be 0 to 63")
        behaviour.resolve(self.switches)
        for datacenter in self.datacenters:
            _check_references(datacenter)


def names() -> list[str]:
    """The scenarios that come with the lab (`base` is only there to be extended)."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yml") if path.stem != "base")


def load(source: str | pathlib.Path | dict[str, t.Any], vms: int | None = None) -> Scenario:
    """A checked scenario from a name, a path or a mapping; `vms` overrides the size of a generated estate."""
    data, where = _read(source)
    for datacenter in data.get("datacenters") or []:
        if vms is not None and datacenter.get("generate"):
            datacenter["generate"] = {**datacenter["generate"], "vms": vms}
    return build(Scenario, data, where)


def _read(source: str | pathlib.Path | dict[str, t.Any]) -> tuple[dict[str, t.Any], str]:
    if isinstance(source, dict):
        data, where = dict(source), "scenario"
    else:
        path = _find(source)
        data, where = yaml.load(path.read_text(encoding="utf-8"), _LOADER), path.name
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: a mapping is needed")
    parent = data.pop("extends", None)
    return (_merge(_read(parent)[0], data) if parent else data), where


def _find(source: str | pathlib.Path) -> pathlib.Path:
    path = pathlib.Path(source)
    if path.suffix in (".yml", ".yaml"):
        if not path.is_file():
            raise ScenarioError(f"no scenario file {source}")
        return path
    inside = SCENARIOS / f"{source}.yml"
    if not inside.is_file():
        raise ScenarioError(f"no scenario {str(source)!r}{near(str(source), names())}; scenarios: {', '.join(names())}")
    return inside


def _merge(under: t.Any, over: t.Any) -> t.Any:
    """Mappings are merged, lists of named things by name, other lists end to end; anything else is replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: _merge(under[key], value) if key in under else value for key, value in over.items()}}
    if not (isinstance(under, list) and isinstance(over, list)):
        return over
    merged = list(under)
    for item in over:
        name = item.get("name") if isinstance(item, dict) else None
        at = next(
            (n for n, old in enumerate(merged) if name and isinstance(old, dict) and old.get("name") == name), None
        )
        if at is None:
            merged.append(item)
        else:
            merged[at] = _merge(merged[at], item)
    return merged


def _check_references(datacenter: Datacenter) -> None:
    hosts = {host.name for host in datacenter.all_hosts()}
    standard = {(switch.name, group.name) for switch in datacenter.standard_switches for group in switch.portgroups}
    distributed = {
        (switch.name, group.name) for switch in datacenter.distributed_switches for group in switch.portgroups
    }
    for vm in datacenter.vms:
        if vm.host is not None and vm.host not in hosts:
            raise ValueError(f"VM {vm.name}: no host {vm.host!r}{near(vm.host, hosts)}")
        for nic in vm.nics:
            _check_portgroup(vm, nic, standard | distributed)


def _check_portgroup(vm: Vm, nic: Nic, portgroups: set[tuple[str, str]]) -> None:
    found = [switch for switch, name in sorted(portgroups) if name == nic.portgroup and nic.switch in (None, switch)]
    if not found:
        raise ValueError(
            f"VM {vm.name}: no portgroup {nic.portgroup!r}{near(nic.portgroup, {name for _switch, name in portgroups})}"
        )
    if len(found) > 1:
        raise ValueError(f"VM {vm.name}: portgroup {nic.portgroup!r} is on several switches; say `switch: {found[0]}`")
