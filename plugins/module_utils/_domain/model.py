# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The words of the domain as values. vSphere's own spelling stops at the codecs."""

from __future__ import annotations

import dataclasses
import enum


class Setting(enum.Enum):
    """One security flag, in the vSphere client's words: what it says, or that the level above has the say."""

    ACCEPT = "accept"
    REJECT = "reject"
    INHERIT = "inherit"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """The three flags at one level (vSwitch, portgroup, port); an effective policy has no INHERIT left."""

    promiscuous_mode: Setting = Setting.INHERIT
    forged_transmits: Setting = Setting.INHERIT
    mac_changes: Setting = Setting.INHERIT

    def over(self, parent: Security) -> Security:
        """Returns these flags with each INHERIT filled from the level above."""
        pairs = ((name, getattr(self, name)) for name in FLAGS)
        return Security(**{name: getattr(parent, name) if own is Setting.INHERIT else own for name, own in pairs})

    @property
    def inherits_all(self) -> bool:
        return self == Security()


FLAGS = tuple(field.name for field in dataclasses.fields(Security))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MacLearning:
    """MAC learning on a distributed portgroup or switch (API 6.7, VDS 6.6); None = not said by this level."""

    enabled: bool = False
    allow_unicast_flooding: bool | None = None
    limit: int | None = None
    limit_policy: str | None = None


VnicId = tuple[str, int]
"""A vNIC within the inventory: the VM's managed object id and the device key."""


class AddressType(enum.Enum):
    """Who decides a vNIC's MAC: the admin, vCenter, or the host."""

    MANUAL = "manual"
    ASSIGNED = "assigned"
    GENERATED = "generated"


class NetworkKind(enum.Enum):
    STANDARD = "standard"
    DISTRIBUTED = "distributed"
    OPAQUE = "opaque"
    NONE = "none"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What a vNIC is connected to; `key` is its managed object id ('' if unknown), `switch` a distributed switch."""

    kind: NetworkKind
    name: str
    key: str = ""
    switch: str = ""


class Power(enum.Enum):
    ON = "poweredOn"
    OFF = "poweredOff"
    SUSPENDED = "suspended"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vnic:
    """A vNIC as configured: what the next port connect will load. `mac` is None until vSphere has assigned one."""

    key: int
    label: str
    mac: str | None
    address_type: AddressType
    network: Network
    connected: bool = True
    port_key: str = ""
    device: str = ""
    """The card's vSphere type, such as VirtualVmxnet3 or VirtualSriovEthernetCard."""
    check_mac_address: bool | None = None
    """Whether hosts check a static MAC when they power the VM on; None where that wasn't read, or can't be switched."""

    @property
    def is_passthrough(self) -> bool:
        """SR-IOV: guest and virtual function may hold different MACs, and no virtual port is there to ask."""
        return self.device == "VirtualSriovEthernetCard"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuestNic:
    """An interface as VMware Tools report it: not always a vNIC, nor one for each vNIC (bridges, bonds, containers)."""

    mac: str | None
    device_key: int = -1
    """The vNIC's key as Tools take it to be: a hint only, it tends to be -1 on just the vNICs that drifted."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A state that the VM can be reverted to, its vNICs included."""

    moid: str
    name: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vm:
    """A VM and what decides whether its vNICs may be edited. Ids are managed object ids; names are for people."""

    moid: str
    name: str
    power: Power
    vnics: tuple[Vnic, ...]
    host: str = ""
    """Name of the host that it runs on ('' if unknown)."""
    host_moid: str = ""
    cluster: str = ""
    template: bool = False
    reachable: bool = True
    """False when the VM is orphaned, inaccessible or its host is disconnected."""
    has_config: bool = True
    """False when vSphere doesn't show its configuration: then it has vNICs that aren't in `vnics`."""
    managed_by: str = ""
    fault_tolerant: bool = False
    snapshots: tuple[Snapshot, ...] = ()
    tools_running: bool = False
    reconfigure_disabled: bool = False
    """True while vSphere itself refuses edits (a backup or a replication holds the VM)."""
    change_version: str = ""
    guest_nics: tuple[GuestNic, ...] = ()
    """Meaningful only while Tools run: their last word stays when they stop."""
    guest_id: str = ""
    """The guest OS as configured, such as vmkernel8Guest for a nested ESXi."""
    upgrade_scheduled: bool = False
    """True when a hardware upgrade waits for the next power-on or shutdown."""


class Source(enum.Enum):
    """Where a runtime MAC was seen."""

    DVPORT = "dvport"
    STANDARD_PORT = "standard_port"
    GUEST = "guest"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One source's word on the MAC that a vNIC uses now. `certain` is False when it was matched by elimination."""

    source: Source
    mac: str | None
    certain: bool = True
    live: bool = False
    """True when the source was asked for its state just now, instead of for what vCenter last heard."""
    candidates: tuple[str, ...] = ()
    """Where `mac` is not known, but is one of these; the configured one isn't among them."""
    blocked: bool | None = None
    note: str = ""
    """Why there is no MAC, or how it was matched; for people."""
