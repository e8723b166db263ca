# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual machines: their configuration and state, and the methods that clients call on them."""

from __future__ import annotations

import typing as t

from . import guests, lifecycle, links, power, reconfigure, snapshots
from .core import Call, Lab, changed, make
from .dvports import DvPort
from .guard import guarded
from .links import Link
from .methods import privilege
from .places import Entity
from .scenario import Vm
from .sdk import VmomiSupport, vim

if t.TYPE_CHECKING:
    from .hosts import HostSystem

Any = t.Any


class VirtualMachine(Entity):
    wsdl = vim.VirtualMachine
    prefix = "vm"

    def __init__(self, lab: Lab, moid: str | None, about: Vm, host: HostSystem, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.about = about  # the scenario's words on it
        self.host = host
        self.links: dict[int, Link] = {}
        self.dvports: dict[int, DvPort] = {}
        self.tools: str = about.tools
        self.last_net: list[Any] = []
        self.guest_macs: dict[int, str] = {}  # that the guest programs by itself at every start
        self.nics: tuple[Any, ...] = ()
        self.running_task: Any = None
        self.disabled: tuple[str, ...] = about.disabled_methods
        self.touch("guest", "summary", "network")

    # state

    @property
    def config(self) -> Any:
        return self.properties["config"]

    @property
    def power(self) -> str:
        return str(self.properties["runtime"].powerState)

    @property
    def on(self) -> bool:
        return self.power == "poweredOn"

    @property
    def is_template(self) -> bool:
        return bool(self.config.template)

    @property
    def tools_running(self) -> bool:
        return self.on and self.tools == "running"

    def nic(self, key: int) -> Any:
        return next((nic for nic in self.nics if nic.key == key), None)

    def set_config(self, config: Any) -> None:
        """Take a new configuration: its MACs are claimed, its networks are told."""
        registry = self.lab.world.macs
        for nic in self.nics:
            registry.release(nic.macAddress, (self.moid, nic.key))
        self.nics = tuple(d for d in config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard))
        for nic in self.nics:
            registry.claim(nic.macAddress, (self.moid, nic.key))
        now = self.lab.clock.now()
        version = f"{now:%Y-%m-%dT%H:%M:%S.000000Z}.{self.lab.number('change')}"
        self.set(config=changed(config, changeVersion=version, modified=now))
        self.networks_changed()
        self.seen_changed()

    def set_nic(self, nic: Any) -> None:
        """Replace one vNIC."""
        hw = self.config.hardware
        devices = [nic if device.key == nic.key else device for device in hw.device]
        self.set_config(changed(self.config, hardware=changed(hw, device=devices)))

    def set_runtime(self, **changes: Any) -> None:
        self.set(runtime=changed(self.properties["runtime"], **changes))
        self.seen_changed()

    def seen_changed(self) -> None:
        """Say that what is computed from the vNICs may look different now."""
        self.touch("guest", "summary", "network")
        self.host.ports_changed()

    def networks_changed(self) -> None:
        wanted = {network.moid: network for network in self._networks()}
        for network in wanted.values():
            if self.moid not in network.users:
                network.gain(self)
        for moid, network in self.lab.world.networks_of(self).items():
            if moid not in wanted:
                network.lose(self)
        self.lab.world.remember_networks(self, wanted)

    def _networks(self) -> list[Any]:
        found = []
        for nic in self.nics:
            port = self.dvports.get(nic.key)
            network = port.group if port else self.host.networks.get(getattr(nic.backing, "deviceName", ""))
            if network is not None:
                found.append(network)
        return found

    # what hosts and switches ask and tell

    def standard_ports(self, portgroup: str) -> list[Any]:
        """Return the ports of this VM on a standard portgroup (switch standard_port_mac)."""
        kind = vim.host.PortGroup.Port
        configured = self.lab.switches["standard_port_mac"] == "configured"
        ports = []
        for nic in self.nics:
            link = self.links.get(nic.key)
            if link and link.up and getattr(nic.backing, "deviceName", None) == portgroup:
                mac = nic.macAddress if configured else link.runtime
                key = f"key-vim.host.PortGroup.Port-{0x2000000 + link.number}"
                ports.append(kind(key=key, mac=[mac.lower()], type="virtualMachine"))
        return ports

    def policy_changed(self) -> None:
        """Feel another policy at the open ports (switch policy_change_on_open_port)."""
        if self.lab.switches["policy_change_on_open_port"] == "checked":
            for nic in self.nics:
                if nic.key in self.links:
                    links.enforce(self, nic)
            self.seen_changed()

    # properties

    def get_disabledMethod(self) -> list[Any]:
        return [VmomiSupport.GetWsdlMethod("urn:vim25", name) for name in self.disabled]

    def get_guest(self) -> Any:
        return guests.info(self)

    def get_network(self) -> list[Any]:
        return list({network.moid: network.ref for network in self._networks()}.values())

    def get_guestHeartbeatStatus(self) -> str:
        return "green" if self.tools_running else "gray"

    def get_capability(self) -> Any:
        return _CAPABILITY

    def get_layout(self) -> Any:
        return make(vim.vm.FileLayout)  # deprecated, still there: vcsim writes to it in a VM that it loads

    def get_layoutEx(self) -> Any:
        return make(vim.vm.FileLayoutEx, timestamp=self.config.modified)

    def get_storage(self) -> Any:
        datastore = self.properties["datastore"][0]
        usage = make(
            vim.vm.StorageInfo.UsageOnDatastore,
            datastore=datastore,
            committed=8 << 30,
            uncommitted=32 << 30,
            unshared=8 << 30,
        )
        return vim.vm.StorageInfo(perDatastoreUsage=[usage], timestamp=self.config.modified)

    def get_summary(self) -> Any:
        stored = {"committed": 8 << 30, "uncommitted": 32 << 30, "unshared": 8 << 30}
        return make(
            vim.vm.Summary,
            vm=self.ref,
            runtime=self.properties["runtime"],
            guest=self._guest_summary(),
            config=self._config_summary(),
            storage=make(vim.vm.Summary.StorageSummary, timestamp=self.config.modified, **stored),
            quickStats=make(
                vim.vm.Summary.QuickStats, guestHeartbeatStatus=self.get_guestHeartbeatStatus(), uptimeSeconds=0
            ),
            overallStatus="green",
        )

    def _config_summary(self) -> Any:
        config = self.config
        same = ("name", "template", "uuid", "instanceUuid", "guestId", "guestFullName", "annotation", "managedBy")
        return make(
            vim.vm.Summary.ConfigSummary,
            vmPathName=config.files.vmPathName,
            memorySizeMB=config.hardware.memoryMB,
            numCpu=config.hardware.numCPU,
            numEthernetCards=len(self.nics),
            numVirtualDisks=1,
            hwVersion=config.version,
            **{name: getattr(config, name) for name in same},
        )

    def _guest_summary(self) -> Any:
        guest = guests.info(self)
        same = ("guestId", "guestFullName", "toolsStatus", "toolsVersionStatus2", "toolsRunningStatus")
        values = {name: getattr(guest, name) for name in (*same, "hostName", "ipAddress")}
        return make(vim.vm.Summary.GuestSummary, **values)

    # events

    def post(self, kind: Any, **fields: Any) -> None:
        """Post an event about this VM."""
        self.lab.post_event(make(kind, **self.lab.world.vm_arguments(self), template=self.is_template, **fields))

    # methods: what each does is told in the file named first

    @guarded("VirtualMachine.reconfigure")
    def ReconfigVM_Task(self, call: Call, spec: Any) -> None:
        reconfigure.reconfigure(self, call, spec)

    @guarded("VirtualMachine.powerOn")
    @privilege("VirtualMachine.Interact.PowerOn")
    def PowerOnVM_Task(self, call: Call, host: Any = None) -> None:
        power.power_on(self, self.lab.get(host) if host else None)

    @guarded("VirtualMachine.powerOff")
    @privilege("VirtualMachine.Interact.PowerOff")
    def PowerOffVM_Task(self, call: Call) -> None:
        power.power_off(self)

    @guarded("VirtualMachine.reset")
    @privilege("VirtualMachine.Interact.Reset")
    def ResetVM_Task(self, call: Call) -> None:
        power.reset(self)

    @guarded("VirtualMachine.suspend")
    @privilege("VirtualMachine.Interact.Suspend")
    def SuspendVM_Task(self, call: Call) -> None:
        power.suspend(self)

    @privilege("VirtualMachine.Interact.PowerOff")
    def ShutdownGuest(self, call: Call) -> None:
        power.shutdown_guest(self)

    @privilege("VirtualMachine.Interact.Reset")
    def RebootGuest(self, call: Call) -> None:
        power.reboot_guest(self)

    @guarded("VirtualMachine.migrate")
    @privilege("Resource.HotMigrate")
    def MigrateVM_Task(self, call: Call, pool: Any, host: Any, priority: Any, state: str | None = None) -> None:
        power.migrate(self, self.lab.get(host) if host else self.host, state)

    @guarded("VirtualMachine.relocate")
    @privilege("Resource.HotMigrate")
    def RelocateVM_Task(self, call: Call, spec: Any, priority: Any = None) -> None:
        power.relocate(self, spec)

    @guarded("VirtualMachine.upgradeVirtualHardware")
    @privilege("VirtualMachine.Config.UpgradeVirtualHardware")
    def UpgradeVM_Task(self, call: Call, version: str | None = None) -> None:
        power.upgrade(self, version)

    @guarded("VirtualMachine.createSnapshot")
    @privilege("VirtualMachine.State.CreateSnapshot")
    def CreateSnapshot_Task(self, call: Call, name: str, description: str | None, memory: bool, quiesce: bool) -> Any:
        return snapshots.create(self, name, description or "", memory)

    @guarded("VirtualMachine.revertToCurrentSnapshot")
    @privilege("VirtualMachine.State.RevertToSnapshot")
    def RevertToCurrentSnapshot_Task(self, call: Call, host: Any = None, suppressPowerOn: bool | None = None) -> None:
        snapshots.revert(self, snapshots.current(self), bool(suppressPowerOn))

    @guarded("VirtualMachine.removeAllSnapshots")
    @privilege("VirtualMachine.State.RemoveSnapshot")
    def RemoveAllSnapshots_Task(self, call: Call, consolidate: bool | None = None, spec: Any = None) -> None:
        snapshots.remove_all(self)

    @guarded("VirtualMachine.clone")
    @privilege("VirtualMachine.Provisioning.Clone")
    def CloneVM_Task(self, call: Call, folder: Any, name: str, spec: Any) -> Any:
        return lifecycle.clone(self, call, self.lab.get(folder), name, spec)

    @guarded("VirtualMachine.destroy")
    @privilege("VirtualMachine.Inventory.Delete")
    def Destroy_Task(self, call: Call) -> None:
        lifecycle.destroy(self)

    @privilege("VirtualMachine.Inventory.Unregister")
    def UnregisterVM(self, call: Call) -> None:
        lifecycle.unregister(self)

    @privilege("VirtualMachine.Provisioning.MarkAsTemplate")
    def MarkAsTemplate(self, call: Call) -> None:
        lifecycle.mark_as_template(self)

    @privilege("VirtualMachine.Provisioning.MarkAsVM")
    def MarkAsVirtualMachine(self, call: Call, pool: Any, host: Any = None) -> None:
        lifecycle.mark_as_virtual_machine(self, self.lab.get(pool), self.lab.get(host) if host else None)

    def rename(self, name: str) -> None:
        super().rename(name)
        self.set_config(changed(self.config, name=name))


_CAPABILITY = make(
    vim.vm.Capability,
    snapshotOperationsSupported=True,
    multipleSnapshotsSupported=True,
    poweredOffSnapshotsSupported=True,
    memorySnapshotsSupported=True,
    revertToSnapshotSupported=True,
    nestedHVSupported=True,
    vPMCSupported=True,
    changeTrackingSupported=True,
)
