# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ESXi hosts: their hardware and state, their advanced options, and what runs on them."""

from __future__ import annotations

import typing as t

from .core import Call, Lab, ManagedObject, changed, make
from .host_network import HostNetworkSystem
from .kernel_nics import VirtualNicManager
from .methods import privilege
from .places import ComputeResource, Entity, Network
from .schema import near
from .sdk import vim, vmodl
from .tasks import task

Any = t.Any
HIDDEN_OPTIONS: dict[str, Any] = {"VSAN.FakeSCSIReservations": 0}  # rule hidden_options
_SUPPORTED_OPTIONS: dict[str, Any] = {
    "Annotations.WelcomeMessage": "",
    "Config.HostAgent.plugins.solo.enableMob": False,
    "Mem.ShareForceSalting": 2,
    "Misc.HeartbeatPanicTimeout": 14,
    "Net.BlockGuestBPDU": 1,
    "Net.DVFilterBindIpAddress": "",
    "Net.FollowHardwareMac": 0,
    "Net.MaxNetifTxQueueLen": 2000,
    "Net.NetMaxRarpsPerInterval": 128,
    "Net.NotifySwitch": 1,
    "Net.ReversePathFwdCheck": 1,
    "Net.ReversePathFwdCheckPromisc": 0,
    "Net.TcpipHeapMax": 1536,
    "Security.AccountLockFailures": 5,
    "Syslog.global.logHost": "",
    "UserVars.ESXiShellTimeOut": 0,
    "UserVars.SuppressShellWarning": 0,
}


def about(name: str, version: str, build: str, host_agent: bool) -> Any:
    """Return the AboutInfo of a host or, with another name, of the server."""
    return make(
        vim.AboutInfo,
        name=name,
        fullName=f"{name} {version} build-{build}",
        vendor="VMware, Inc.",
        version=version,
        patchLevel="0",
        build=build,
        localeVersion="INTL",
        localeBuild="000",
        osType="vmnix-x86" if host_agent else "linux-x64",
        productLineId="embeddedEsx" if host_agent else "vpx",
        apiType="HostAgent" if host_agent else "VirtualCenter",
        apiVersion="8.0.3.0",
        licenseProductName="VMware ESX Server" if host_agent else "VMware VirtualCenter Server",
        licenseProductVersion="8.0",
    )


class HostSystem(Entity):
    wsdl = vim.HostSystem
    prefix = "host"

    def __init__(self, lab: Lab, moid: str, compute: ComputeResource, *, about: Any, **properties: Any) -> None:
        super().__init__(lab, moid, **properties)
        self.compute = compute
        self.about = about
        self.networks: dict[str, Network] = {}
        self.switches: list[Any] = []  # the distributed switches this host is a member of
        self.datastores: list[Any] = []
        self.ports_stamp = 0
        self._guests: dict[str, Any] = {}
        # A standalone host names its managers ha-…; a vCenter appends the host's number.
        number = moid.rpartition("-")[2]
        self.network_system: HostNetworkSystem = lab.add(HostNetworkSystem(lab, f"networkSystem-{number}", self))
        self.kernel_nics = lab.add(VirtualNicManager(lab, f"virtualNicManager-{number}", self))
        self.options: HostOptions = lab.add(HostOptions(lab, f"EsxHostAdvSettings-{number}", self))
        self.properties.update(self._state())
        self.touch("vm")

    def _state(self) -> dict[str, Any]:
        return {
            "runtime": make(
                vim.host.RuntimeInfo,
                connectionState="connected",
                powerState="poweredOn",
                inMaintenanceMode=False,
                bootTime=self.lab.clock.now(),
            ),
            "hardware": _hardware(self.lab),
            "capability": make(
                vim.host.Capability,
                nestedHVSupported=True,
                vPMCSupported=True,
                vmotionSupported=True,
                maxHostSupportedVcpus=768,
            ),
            "configManager": make(
                vim.host.ConfigManager,
                networkSystem=self.network_system.ref,
                advancedOption=self.options.ref,
                virtualNicManager=self.kernel_nics.ref,
            ),
            "licensableResource": make(vim.LicenseManager.LicensableResourceInfo),
        }

    # state

    @property
    def connected(self) -> bool:
        return bool(self.properties["runtime"].connectionState == "connected")

    def get_vm(self) -> list[Any]:
        return [vm.ref for vm in self._guests.values()]

    def get_datastore(self) -> list[Any]:
        return [datastore.ref for datastore in self.datastores]

    def get_network(self) -> list[Any]:
        groups = [group.ref for switch in self.switches for group in switch.groups()]
        return [network.ref for network in self.networks.values()] + groups

    def stamp_config(self) -> t.Hashable:
        return (self.connected, self.network_system.stamp_networkInfo(), self.options.stamp("setting"))

    def get_config(self) -> Any:
        if not self.connected:
            return None  # vCenter shows no configuration of a host that it does not reach
        return make(
            vim.host.ConfigInfo,
            host=self.ref,
            product=self.about,
            network=self.network_system.get_networkInfo(),
            option=self.options.get_setting(),
            service=make(vim.host.ServiceInfo),
            lockdownMode="lockdownDisabled",
            capabilities=self.network_system.properties["capabilities"],
        )

    def get_summary(self) -> Any:
        return make(
            vim.host.Summary,
            host=self.ref,
            hardware=self._hardware_summary(),
            runtime=self.properties["runtime"],
            config=make(
                vim.host.Summary.ConfigSummary, name=self.name, port=443, product=self.about, vmotionEnabled=True
            ),
            overallStatus="green",
            rebootRequired=False,
        )

    def _hardware_summary(self) -> Any:
        hardware = self.properties["hardware"]
        return make(
            vim.host.Summary.HardwareSummary,
            vendor=hardware.systemInfo.vendor,
            model=hardware.systemInfo.model,
            uuid=hardware.systemInfo.uuid,
            memorySize=hardware.memorySize,
            cpuModel="Intel(R) Xeon(R) Gold 6230 CPU @ 2.40GHz",
            cpuMhz=2400,
            numCpuPkgs=1,
            numCpuCores=20,
            numCpuThreads=40,
            numNics=len(self.network_system.pnics),
            numHBAs=1,
        )

    # who runs here and what they are connected to

    def guests(self) -> list[Any]:
        return list(self._guests.values())

    def gain(self, vm: Any) -> None:
        self._guests[vm.moid] = vm
        self.touch("vm")
        self.ports_changed()

    def lose(self, vm: Any) -> None:
        if self._guests.pop(vm.moid, None) is not None:
            self.touch("vm")
            self.ports_changed()

    def distributed_switches(self) -> list[Any]:
        return self.switches

    def ports_changed(self) -> None:
        """Make the next reader of the host's networking see the ports as they are now."""
        self.ports_stamp = self.lab.tick()

    def network_changed(self) -> None:
        """Let open ports feel a new policy."""
        self.ports_changed()
        for vm in self.guests():
            vm.policy_changed()

    def know_network(self, name: str) -> None:
        """List the network of a standard portgroup, made where the datacenter has none of that name yet."""
        network = standard_network(self, name)
        network.hosts[self.moid] = self
        network.touch("host")
        self.networks[name] = network
        self.touch("network")

    def forget_network(self, name: str) -> None:
        network = self.networks.pop(name)
        network.hosts.pop(self.moid, None)
        network.touch("host")
        self.touch("network")

    # methods

    def _set_runtime(self, **changes: Any) -> None:
        self.set(runtime=changed(self.properties["runtime"], **changes))
        self.touch("summary")

    @task("HostSystem.enterMaintenanceMode")
    @privilege("Host.Config.Maintenance")
    def EnterMaintenanceMode_Task(self, call: Call, timeout: int, evacuatePoweredOffVms: bool | None = None) -> None:
        if self.properties["runtime"].inMaintenanceMode:
            raise vim.fault.InvalidState(msg="The operation is not allowed in the current state.")
        self._set_runtime(inMaintenanceMode=True)

    @task("HostSystem.exitMaintenanceMode")
    @privilege("Host.Config.Maintenance")
    def ExitMaintenanceMode_Task(self, call: Call, timeout: int) -> None:
        if not self.properties["runtime"].inMaintenanceMode:
            raise vim.fault.InvalidState(msg="The operation is not allowed in the current state.")
        self._set_runtime(inMaintenanceMode=False)

    def set_connection(self, state: str) -> None:
        """Show the host, and what runs on it, as reached or not."""
        self._set_runtime(connectionState=state)
        self.touch("config")
        for vm in self.guests():
            vm.set_runtime(connectionState="connected" if state == "connected" else "disconnected")

    @task("HostSystem.disconnect")
    @privilege("Host.Config.Connection")
    def DisconnectHost_Task(self, call: Call) -> None:
        self.set_connection("disconnected")

    @task("HostSystem.reconnect")
    @privilege("Host.Config.Connection")
    def ReconnectHost_Task(self, call: Call, cnxSpec: Any = None, reconnectSpec: Any = None) -> None:
        self.set_connection("connected")

    def QueryTpmAttestationReport(self, call: Call) -> None:
        """Return nothing: these hosts have no TPM. (govc object.save asks each host.)"""


def standard_network(host: HostSystem, name: str) -> Network:
    """Return the datacenter's Network for standard portgroups of this name."""
    folder = host.lab.world.network_folder(host)
    for child in folder.children():
        if isinstance(child, Network) and child.wsdl is vim.Network and child.name == name:
            return child
    lab = host.lab
    moid = f"network-{lab.number('network')}" if lab.product == "vcenter" else f"HaNetwork-{name}"
    network: Network = lab.add(Network(lab, moid, name=name))
    folder.adopt(network)
    return network


def _hardware(lab: Lab) -> Any:
    system = make(
        vim.host.SystemInfo, vendor="Dell Inc.", model="PowerEdge R640", uuid=lab.uuid(), serialNumber="LAB0001"
    )
    cpu = vim.host.CpuInfo(numCpuPackages=1, numCpuCores=20, numCpuThreads=40, hz=2_400_000_000)
    bios = vim.host.BIOSInfo(biosVersion="2.19.1", vendor="Dell Inc.")
    return make(
        vim.host.HardwareInfo, systemInfo=system, cpuInfo=cpu, memorySize=256 << 30, biosInfo=bios, smcPresent=False
    )


class HostOptions(ManagedObject):
    """The host's advanced options; hidden ones answer only to their exact name."""

    wsdl = vim.option.OptionManager
    prefix = "EsxHostAdvSettings"

    def __init__(self, lab: Lab, moid: str, host: HostSystem) -> None:
        super().__init__(lab, moid)
        self.host = host
        self.options: dict[str, Any] = {**_SUPPORTED_OPTIONS, **HIDDEN_OPTIONS}
        if not host.about.version.startswith(("6.", "7.", "8.")):
            self.options["Net.ReversePathFwdCheckPromisc"] = 1  # lamw/esxi-advanced-and-kernel-settings: 1 from 9.0
        self.touch("setting", "supportedOption")

    def entity(self) -> ManagedObject:
        return self.host

    def load(self, chosen: t.Mapping[str, Any]) -> None:
        """Take the scenario's values."""
        self.options.update(chosen)

    def get_setting(self) -> list[Any]:
        return [self._option(key) for key in sorted(self.options) if key not in HIDDEN_OPTIONS]

    def _option(self, key: str) -> Any:
        value = self.options[key]
        # The type matters to hosts and clients: whole numbers are longs, as on ESXi.
        return vim.option.OptionValue(key=key, value=vmodl_long(value) if _plain(value) is int else value)

    def get_supportedOption(self) -> list[Any]:
        return [_definition(key, self.options[key]) for key in sorted(self.options) if key not in HIDDEN_OPTIONS]

    def QueryOptions(self, call: Call, name: str | None = None) -> list[Any]:
        if name in self.options:
            return [self._option(name)]
        found = [
            key for key in sorted(self.options) if key not in HIDDEN_OPTIONS and (not name or key.startswith(name))
        ]
        if not found:
            raise vim.fault.InvalidName(name=name, msg=f"The name '{name}' is invalid{near(name or '', self.options)}.")
        return [self._option(key) for key in found]

    @privilege("Host.Config.Settings")
    def UpdateOptions(self, call: Call, changedValue: t.Sequence[Any]) -> None:
        for option in changedValue:
            if option.key not in self.options:
                raise vim.fault.InvalidName(name=option.key, msg=f"The name '{option.key}' is invalid.")
            if _plain(option.value) is not _plain(self.options[option.key]):
                text = f"A specified parameter was not correct: {option.key}"
                raise vmodl.fault.InvalidArgument(invalidProperty=option.key, msg=text)
        for option in changedValue:
            self.options[option.key] = _plain(option.value)(option.value)
        self.touch("setting")
        self.host.ports_changed()

    UpdateValues = UpdateOptions


def vmodl_long(value: int) -> Any:
    """Return the number as the long that ESXi's options are."""
    from pyVmomi.VmomiSupport import long as kind  # its type, not its value, goes over the wire

    return kind(value)


def _plain(value: Any) -> type:
    return next(kind for kind in (bool, int, str, float) if isinstance(value, kind))


def _definition(key: str, value: Any) -> Any:
    if isinstance(value, bool):
        kind = vim.option.BoolOption(valueIsReadonly=False, supported=True, defaultValue=value)
    elif isinstance(value, int):
        kind = vim.option.LongOption(valueIsReadonly=False, min=0, max=1 << 31, defaultValue=0)
    else:
        kind = vim.option.StringOption(valueIsReadonly=False, defaultValue="")
    return vim.option.OptionDef(key=key, label=key, summary=key, optionType=kind)
