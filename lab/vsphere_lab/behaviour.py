# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of what vSphere does here: every rule with its source, and a switch where nobody has confirmed it."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from .schema import near


class Status(enum.Enum):
    """How well a rule is known: read in a document or seen by somebody, or taken for granted until somebody looks."""

    CONFIRMED = "confirmed"
    ASSUMED = "assumed"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Switch:
    """The answers an assumed rule may have; the first-named default is our best reading of the sources."""

    default: str
    choices: t.Mapping[str, str]

    def __post_init__(self) -> None:
        if self.default not in self.choices:
            raise ValueError(f"{self.default!r} is not among the choices {sorted(self.choices)}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rule:
    """One sentence about vSphere, with where it is written or seen."""

    id: str
    says: str
    source: str
    status: Status = Status.CONFIRMED
    switch: Switch | None = None


class UnknownSwitch(ValueError):
    """A switch or a value that no rule has."""


def _assumed(id: str, says: str, source: str, default: str, **choices: str) -> Rule:
    switch = Switch(default=default, choices=choices)
    return Rule(id=id, says=says, source=source, status=Status.ASSUMED, switch=switch)


_STANDARD_SWITCH = (
    Rule(
        id="standard_policy_inheritance",
        says=(
            "A portgroup setting that is unset is inherited from its vSwitch, value by value; "
            "computedPolicy is the result."
        ),
        source="API reference, HostNetworkPolicy; pyvmomi#1034",
    ),
    Rule(
        id="update_portgroup_replaces",
        says=(
            "UpdatePortGroup replaces the whole spec: name, VLAN, vSwitch and policy come from the call, "
            "nothing is merged."
        ),
        source="API reference, HostNetworkSystem.UpdatePortGroup; HostPortGroupSpec has four required fields",
    ),
    Rule(
        id="standard_switch_has_no_version",
        says="Standard switches have no configVersion: the last writer wins.",
        source="API reference, HostNetworkSystem",
    ),
    Rule(
        id="null_bridge_removes_uplinks",
        says=(
            "UpdateVirtualSwitch without a bridge removes every uplink from the vSwitch; an unset policy is unchanged."
        ),
        source="VI JSON API reference, HostNetworkSystem/UpdateVirtualSwitch; pyvmomi#572",
    ),
    _assumed(
        "absent_portgroup_overrides",
        "What UpdatePortGroup does with the teaming and shaping overrides when the sent policy does not name them.",
        "API reference, HostNetworkPolicy (unset = inherited); not tried live",
        default="inherit",
        inherit="the overrides are gone, the vSwitch's settings apply",
        kept="the overrides stay as they were",
    ),
    _assumed(
        "unset_vswitch_mtu",
        "What UpdateVirtualSwitch does when the MTU is unset.",
        "unknown; HostVirtualSwitchSpec.mtu is optional and unset in captures while the live MTU is 1500",
        default="kept",
        kept="the live MTU stays",
        reset="the MTU goes back to 1500",
    ),
    Rule(
        id="standard_port_blocked_without_event",
        says="A standard switch blocks a port that violates its policy, too, but tells nobody: there is no event.",
        source="KB 344495 (vmkernel.log: L2Sec_EnforcePortCompliance); the event catalogue has only Dvs* port events",
    ),
    _assumed(
        "standard_port_mac",
        "Which MAC HostPortGroup.port[].mac lists.",
        "API reference, HostPortGroupPort.mac, does not say",
        default="runtime",
        runtime="the one that the port uses now",
        configured="the one of the VM's configuration",
    ),
)

_DISTRIBUTED_SWITCH = (
    Rule(
        id="mac_management_all_or_nothing",
        says="macManagementPolicy is inherited as a whole, MAC learning included; single flags cannot be inherited.",
        source="community.vmware PR#2360; API reference, InheritablePolicy",
    ),
    Rule(
        id="inherited_true_reverts",
        says=(
            "A policy sent with inherited=true goes back to its parent, its other fields are ignored; "
            "read back, it shows the parent's values."
        ),
        source="API reference, InheritablePolicy",
    ),
    Rule(
        id="config_version_required",
        says=(
            "Reconfiguring a distributed switch, portgroup or port with another configVersion than the "
            "present one is refused."
        ),
        source="API reference, DVPortgroupConfigSpec.configVersion; pyvmomi#538",
    ),
    Rule(
        id="dvportgroup_spec_merges",
        says="A distributed portgroup's spec is sparse: what it does not name stays as it is.",
        source="API reference, DVPortgroupConfigSpec; William Lam, MacLearn.ps1",
    ),
    Rule(
        id="portgroup_policy_booleans",
        says=(
            "VMwareDVSPortgroupPolicy has eight required booleans, so a policy object that is sent "
            "replaces all of them."
        ),
        source="pyVmomi type metadata",
    ),
    Rule(
        id="old_client_drops_mac_management",
        says="A client that speaks an API older than 6.7 neither sees nor sends macManagementPolicy.",
        source="pyVmomi type metadata (version12)",
    ),
    Rule(
        id="port_override_shields",
        says="A port's own policy wins over its portgroup's, and may be set only where the portgroup allows overrides.",
        source="API reference, VMwareDVSPortgroupPolicy.macManagementOverrideAllowed",
    ),
    _assumed(
        "absent_mac_management_flags",
        "What becomes of the flags (and MAC learning) that an explicit macManagementPolicy leaves out.",
        "undocumented; community.vmware#1873",
        default="kept",
        kept="they keep the value that was in force",
        become_false="they become false, MAC learning goes off",
    ),
    _assumed(
        "distributed_policy_precedence",
        "Which policy the host enforces when macManagementPolicy and the legacy securityPolicy disagree.",
        "API reference calls securityPolicy deprecated since 6.7; community.vmware#907 shows them apart",
        default="mac_management",
        mac_management="macManagementPolicy",
        legacy="securityPolicy",
    ),
    _assumed(
        "distributed_policies_linked",
        "Whether writing one of the two policies rewrites the other.",
        "community.vmware#907 shows them apart, so not always; otherwise unknown",
        default="separate",
        separate="each keeps what was written to it",
        linked="the flags of the one written are copied to the other",
    ),
    _assumed(
        "nsx_portgroup_policy_change",
        "What vCenter answers to a policy change on an NSX-backed portgroup.",
        "unknown",
        default="refused",
        refused="InvalidArgument",
        accepted="it is taken like any other",
    ),
    _assumed(
        "promiscuous_with_mac_learning",
        "Whether promiscuous mode and MAC learning may both be on.",
        "Holodeck's documentation called them exclusive and took it back",
        default="allowed",
        allowed="both may be on",
        refused="InvalidArgument",
    ),
    _assumed(
        "dvport_runtime_info",
        "How fresh the runtime information is that FetchDVPorts returns.",
        "unknown; RefreshDVPortState exists",
        default="fresh",
        fresh="it is what the host sees now",
        stale="it is as it was when the port was connected, until RefreshDVPortState",
    ),
)

_MAC_ASSIGNMENT = (
    Rule(
        id="assigned_range",
        says="vCenter assigns 00:50:56:(80+instance.id):YY:ZZ (VMware OUI scheme).",
        source="vSphere Networking 8.0, VMware OUI Allocation; OptionManager instance.id",
    ),
    Rule(
        id="generated_range",
        says=(
            "The host generates 00:0c:29 from the VM's UUID; it is made anew when the VM is powered on "
            "with a foreign address of that type."
        ),
        source="vSphere Networking 8.0; govmomi#492",
    ),
    Rule(
        id="omitted_mac_is_a_request",
        says=(
            "An edit of an automatic vNIC that omits the MAC is a request for a new one; vCenter posts "
            "VmMacChangedEvent, the guest keeps the old one."
        ),
        source="API reference, VirtualDeviceSpec (device must be fully specified); pyvmomi#260; BIGLOBE 2020-03-11",
    ),
    _assumed(
        "omitted_mac_of_manual_vnic",
        "What becomes of a manual MAC when an edit omits it.",
        "no source; the story's cure (set it to manual first) worked",
        default="kept",
        kept="the vNIC stays manual with its MAC",
        replaced="the vNIC becomes assigned with a new MAC",
    ),
    _assumed(
        "automatic_mac_out_of_range",
        "What vCenter does with an assigned MAC that lies outside its ranges.",
        "API reference, VirtualEthernetCard.macAddress (might override); knife-vsphere#418 shows a refusal",
        default="replaced",
        replaced="it assigns a new one",
        refused="GenericVmConfigFault: not a valid VPX-assigned Ethernet address",
    ),
    _assumed(
        "duplicate_manual_mac",
        "What vCenter does with a manual MAC that another registered VM has.",
        "ansible#32808 shows a silent replacement; VmStaticMacConflictEvent exists",
        default="kept",
        kept="it is kept, VmStaticMacConflictEvent is posted",
        replaced="the vNIC silently becomes assigned with a new MAC",
        refused="InvalidDeviceSpec",
    ),
    Rule(
        id="duplicate_automatic_mac",
        says="An assigned MAC that another registered VM has is replaced when the vNIC is edited or the VM powered on.",
        source="vSphere Networking 8.0, MAC address conflicts; ansible#64774",
    ),
    Rule(
        id="range_checked_at_power_on",
        says="Whether a manual MAC is permissible is checked by the host at power-on, not by the edit.",
        source="community.vmware#1159, ansible#63302, terraform-provider-esxi#184",
    ),
    Rule(
        id="manual_reserved_ranges",
        says="A manual MAC in 00:50:56:40-7f or 00:0c:29 does not power on.",
        source="community.vmware#1159; terraform-provider-esxi#184",
    ),
    _assumed(
        "manual_mac_in_vcenter_range",
        "Whether a VM with a manual MAC in 00:50:56:80-bf powers on.",
        "documents forbid it, no report of a failure was found",
        default="powers_on",
        powers_on="it does",
        refused="it does not: the host calls the address invalid",
    ),
    _assumed(
        "manual_mac_above_vcenter_range",
        "Whether a VM with a manual MAC in 00:50:56:c0-ff powers on.",
        "not mentioned in any source",
        default="refused",
        powers_on="it does",
        refused="it does not: the host calls the address invalid",
    ),
    Rule(
        id="check_mac_address_option",
        says=(
            "ethernetN.checkMACAddress=FALSE (N = device key - 4000, no SR-IOV vNIC) makes the host skip its range "
            "check of a manual MAC."
        ),
        source="libvirt src/vmx/vmx.c",
    ),
    _assumed(
        "check_mac_address_by_edit",
        "What vCenter does with ethernetN.checkMACAddress in a ConfigSpec's extraConfig.",
        "scripts send it, no document says; libvirt writes the VMX file itself",
        default="taken",
        taken="it becomes one of the VM's advanced settings",
        dropped="it is left out, the rest of the edit is done",
    ),
)

_RECONFIGURE = (
    _assumed(
        "type_only_pin_on_running_vm",
        "Whether a running VM takes addressType=manual with the same MAC.",
        "vSphere Automation API, Ethernet.UpdateSpec (may be modified at any time); the client asks to power off",
        default="taken",
        taken="it does, at once",
        refused="InvalidPowerState",
    ),
    _assumed(
        "mac_edit_on_running_vm",
        "What a running VM does with another MAC.",
        "Ethernet.UpdateSpec (applied at the next power-on); documents say power off",
        default="latent",
        latent="the configured MAC changes, the running vNIC keeps the old one until the power cycle",
        refused="InvalidPowerState",
    ),
    Rule(
        id="change_version_enforced",
        says="A ConfigSpec with another changeVersion than the VM's is refused with ConcurrentAccess.",
        source="API reference, VirtualMachineConfigSpec.changeVersion",
    ),
    Rule(
        id="reconfigure_is_atomic",
        says="All changes of one ReconfigVM_Task are applied, or none.",
        source="API reference, ReconfigVM_Task",
    ),
    Rule(
        id="templates_refuse_device_edits",
        says="A template takes no device edit: NotSupported.",
        source="govmomi#1468, vagrant-vsphere#150",
    ),
    Rule(
        id="one_reconfigure_at_a_time",
        says="A second reconfiguration while one runs is refused with TaskInProgress.",
        source="API reference, ReconfigVM_Task",
    ),
    Rule(
        id="disabled_methods",
        says="A method in disabledMethod is refused with MethodDisabled.",
        source="API reference, ManagedEntity.disabledMethod",
    ),
    Rule(
        id="suspended_refuses_edits",
        says="A suspended VM takes no device edit: InvalidPowerState.",
        source="vSphere Networking 8.0, MAC address conflicts",
    ),
    Rule(
        id="revert_restores_vnics",
        says="Reverting to a snapshot restores MAC, address type and backing of every vNIC.",
        source="vSphere Virtual Machine Administration 8.0, Snapshots",
    ),
    Rule(
        id="clone_gets_new_automatic_macs",
        says="A clone's automatic vNICs get new MACs, its manual ones carry the original's.",
        source="API reference, CloneSpec; ansible#64774; govmomi#960",
    ),
    _assumed(
        "hardware_upgrade_macs",
        "What a hardware upgrade (VM off) does to the MACs of automatic vNICs.",
        "no report of a change was found; the story counts it among the operations to fear",
        default="kept",
        kept="nothing",
        replaced="each gets a new one, with VmMacChangedEvent",
    ),
)

_PORTS = (
    Rule(
        id="runtime_mac_until_power_cycle",
        says="A running vNIC keeps its MAC until the next power cycle, which ends drift towards the configured MAC.",
        source="vSphere Security 7.0, MAC Address Changes; BIGLOBE 2020-03-11",
    ),
    Rule(
        id="connect_checks_mac_changes",
        says=(
            "A port that is connected takes the configured MAC as its initial one; with MAC changes = "
            "reject, another runtime MAC blocks the port."
        ),
        source="vSphere Security 7.0, MAC Address Changes; KB 344495",
    ),
    Rule(
        id="vmotion_connects_anew",
        says="vMotion connects a new port on the destination host, so it makes that check.",
        source="BIGLOBE 2020-03-11: the VM was cut off by a vMotion",
    ),
    _assumed(
        "backing_change_on_running_vm",
        "Whether moving a running vNIC to another portgroup makes the check at once.",
        "BIGLOBE 2020-03-11: communication went on until vMotion; vcloudnine.de: a port was blocked by such a move",
        default="next_connect",
        next_connect="the port keeps the initial MAC it had; the next connect makes the check",
        at_once="the new port takes the configured MAC and is checked",
    ),
    _assumed(
        "policy_change_on_open_port",
        "Whether MAC changes = reject, newly set, is enforced on ports that are open.",
        "KB 344495 (L2Sec_EnforcePortCompliance); not tried live",
        default="checked",
        checked="it is, with the initial MAC the port has",
        next_connect="only the next connect makes the check",
    ),
    Rule(
        id="guest_mac_change_is_checked",
        says=(
            "A guest that programs another MAC is checked at once: with MAC changes = reject the port is "
            "blocked until the MACs agree again."
        ),
        source="vSphere Security 7.0, MAC Address Changes",
    ),
    Rule(
        id="blocked_dvport_is_reported",
        says=(
            "A blocked dvPort shows runtimeInfo.blocked and posts DvsPortBlockedEvent; unblocking posts "
            "DvsPortUnblockedEvent."
        ),
        source="API reference, DVPortStatus; event catalogue",
    ),
    _assumed(
        "blocked_status_detail",
        "What the status detail of such a port says.",
        "vcloudnine.de shows the client's words; the field's own text is unknown",
        default="violation",
        violation="blocked - L2 security violation",
        unset="nothing",
    ),
)

_GUEST = (
    Rule(
        id="guest_net_needs_tools",
        says="guest.net is written by VMware Tools: MACs in lower case, the last value stays when Tools stop.",
        source="open-vm-tools, lib/nicInfo",
    ),
    _assumed(
        "drifted_nic_device_config_id",
        "deviceConfigId of a guest NIC whose MAC is no configured MAC.",
        "inferred: the mapping is made by MAC; -1 means no vNIC (telegraf, cloud-provider-vsphere)",
        default="minus_one",
        minus_one="-1, and no network name",
        key="the vNIC's key",
    ),
)

_FRAMES = (
    Rule(
        id="forged_transmits",
        says="With forged transmits = reject a port drops frames whose source MAC is not its effective MAC.",
        source="vSphere Security 7.0, Forged Transmits",
    ),
    Rule(
        id="promiscuous_receives",
        says="A port receives frames for foreign MACs if it is promiscuous.",
        source="vSphere Security 7.0, Promiscuous Mode Operation",
    ),
    Rule(
        id="mac_learning_receives",
        says=(
            "A port with MAC learning receives frames for the MACs it has learned from what it let out, "
            "so it needs forged transmits as well."
        ),
        source="VMware Cloud Foundation blog 2024-10-23; William Lam 2018",
    ),
    Rule(
        id="mac_learning_limit",
        says="Beyond the limit of learned MACs the port drops (drop) or floods (allow) frames of further ones.",
        source="vSphere Networking 8.0, MAC Learning Policy",
    ),
    Rule(
        id="promiscuous_duplicates",
        says=(
            "A promiscuous port on a switch with several uplinks gets duplicates unless "
            "Net.ReversePathFwdCheckPromisc is 1; it takes effect when promiscuous mode is next set."
        ),
        source="KB 59235; VMware Cloud Foundation blog 2024-10-23",
    ),
    Rule(
        id="blocked_port_passes_nothing",
        says="A blocked port passes no frame in either direction.",
        source="vSphere Security 7.0, MAC Address Changes",
    ),
)

_OPTIONS = (
    Rule(
        id="hidden_options",
        says=(
            "Some host options are absent from supportedOption and a full query, yet can be read and set "
            "by their exact name."
        ),
        source="community.vmware#2105; lamw/esxi-advanced-and-kernel-settings",
    ),
)

_READING = (
    _assumed(
        "read_without_session",
        "What a property collector answers when the session has expired: it may be asked by anybody.",
        "API reference, MissingProperty.fault (SecurityError); pyvmomi#294 shows missing, #43 empty; KB 336368 a fault",
        default="missing",
        missing="the objects that are named, each property as missing (NotAuthenticated); nothing that they lead to",
        empty="no object at all",
        fault="NotAuthenticated",
    ),
    _assumed(
        "ancestors_visible",
        "Whether a user sees the folders, hosts and datacenters above an object that he may see.",
        "vSphere Client shows the way down; what the API tells of it is undocumented",
        default="visible",
        visible="their names can be read",
        hidden="they are as if they were not there",
    ),
    _assumed(
        "query_events_order",
        "The order in which QueryEvents returns events.",
        "API reference, EventManager.QueryEvents, does not say",
        default="oldest_first",
        oldest_first="the oldest first",
        newest_first="the newest first",
    ),
    _assumed(
        "latest_page_order",
        "The order within latestPage of an event or task collector.",
        "API reference, EventHistoryCollector.latestPage, orders pages, not what is in one; vcsim: newest first",
        default="newest_first",
        newest_first="the newest first",
        oldest_first="the oldest first",
    ),
)

RULES: tuple[Rule, ...] = (
    _STANDARD_SWITCH
    + _DISTRIBUTED_SWITCH
    + _MAC_ASSIGNMENT
    + _RECONFIGURE
    + _PORTS
    + _GUEST
    + _FRAMES
    + _OPTIONS
    + _READING
)
SWITCHES: t.Mapping[str, Switch] = {rule.id: rule.switch for rule in RULES if rule.switch}


def resolve(chosen: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """Every switch with its value: the chosen one, else the default; an unknown name or value is an error."""
    for name, value in (chosen or {}).items():
        if name not in SWITCHES:
            raise UnknownSwitch(f"no switch {name!r}{near(name, SWITCHES)}; switches: {', '.join(sorted(SWITCHES))}")
        if value not in SWITCHES[name].choices:
            raise UnknownSwitch(f"switch {name!r} has no value {value!r}; values: {', '.join(SWITCHES[name].choices)}")
    return {name: (chosen or {}).get(name, switch.default) for name, switch in SWITCHES.items()}


def table() -> str:
    """The register as a Markdown table, as lab/README.md carries it."""
    lines = ["| rule | what vSphere does | status and switch | source |", "|---|---|---|---|"]
    return (
        "\n".join(lines + [f"| `{rule.id}` | {rule.says} | {_status(rule)} | {rule.source} |" for rule in RULES]) + "\n"
    )


def _status(rule: Rule) -> str:
    if not rule.switch:
        return rule.status.value
    default = rule.switch.default
    answers = (_answer(name, text, name == default) for name, text in rule.switch.choices.items())
    return f"{rule.status.value}; {'; '.join(answers)}"


def _answer(name: str, text: str, is_default: bool) -> str:
    return f"**`{name}`**: {text}" if is_default else f"`{name}`: {text}"
