# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What may be pinned and why not. A vNIC is pinned when its type is manual and its MAC the promised one."""

from __future__ import annotations

import dataclasses
import enum
from collections import Counter
from collections.abc import Mapping, Sequence

from .. import mac as macs
from ..allocation import Allocation
from ..drift.finding import Certainty, Finding, Verdict
from ..errors import InvalidOption
from ..mac import MacRange
from ..model import AddressType, Power, Vm, Vnic, VnicId
from .automatic import replaced_since
from .decision import Decision, Fate, Stop, decision
from .select import untouchable


class State(enum.Enum):
    PINNED = "pinned"
    UNPINNED = "unpinned"


class Keep(enum.Enum):
    """Which of the two MACs of a drifted vNIC is the right one; nobody but the user knows."""

    CONFIGURED = "configured"
    RUNTIME = "runtime"


class PoweredOn(enum.Enum):
    """What to do with a running VM, of which no source says for sure whether it takes a change of the type."""

    ATTEMPT = "attempt"
    PENDING = "pending"
    FAIL = "fail"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A MAC ('' if there is none yet), who decides it, and whether hosts check it at power-on (None: not known)."""

    address_type: AddressType
    mac: str
    check_mac_address: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the user asked for. `mac` None keeps the present one; `restored` names each vNIC's address by moid, key."""

    state: State = State.PINNED
    mac: str | None = None
    keep: Keep | None = None
    powered_on: PoweredOn = PoweredOn.ATTEMPT
    allow_reserved_range: bool = False
    check_mac_address: bool = True
    """False makes hosts power on what `allow_reserved_range` allows."""
    restored: Mapping[VnicId, Address] | None = None

    def __post_init__(self) -> None:
        pins = self.state is State.PINNED and self.restored is None
        unpins = self.state is State.UNPINNED
        unchecked = not self.check_mac_address
        contradictions = {
            "mac with an address leaves nothing for keep, state: unpinned or restore to say.": self.mac
            and (self.keep or not pins),
            "keep says which MAC to pin; it doesn't go with state: unpinned.": self.keep and unpins,
            "check_mac_address: false is for MACs that need allow_reserved_range: true.": unchecked
            and not self.allow_reserved_range,
            "check_mac_address: false goes with a pin, not with state: unpinned or restore.": unchecked and not pins,
        }
        for text, applies in contradictions.items():
            if applies:
                raise InvalidOption(text)

    @property
    def touches_the_check(self) -> bool:
        former = (self.restored or {}).values()
        return not self.check_mac_address or any(address.check_mac_address is not None for address in former)


def decide(
    rules: Rules, finding: Finding, *, owners: Mapping[str, Sequence[str]], allocation: Allocation | None
) -> Decision:
    """Returns what to do with one vNIC. `owners` names, per MAC, the VM of every vNIC that has it configured."""
    vm, vnic = finding.vm, finding.vnic
    try:
        wanted = _wanted(rules, finding)
        if wanted == _present(vnic):
            return decision(vm, vnic, Fate.ALREADY, note=_drift_note(finding))
        _touchable(vm, vnic)
        _has_mac(rules, wanted)
        _switchable(vnic, wanted)
        _stays(wanted, allocation)
        notes = [_drift_note(finding), _in_range(rules, finding, wanted), _nsx_note(finding)]
        _unique(vnic, wanted, owners)
        _power(rules, vm, vnic, wanted)
    except Stop as stop:
        return decision(vm, vnic, stop.fate, stop.reason)
    fate = Fate.RESTORED if rules.restored is not None else Fate(rules.state.value)
    planned = decision(vm, vnic, fate, note=" ".join(filter(None, notes)))
    return dataclasses.replace(
        planned, mac=wanted.mac, address_type=wanted.address_type, check_mac_address=wanted.check_mac_address
    )


def refuse_shared(decisions: Sequence[Decision]) -> tuple[Decision, ...]:
    """Refuses each planned MAC that two vNICs would get, as the two slaves of a guest's bond would theirs."""
    planned = Counter(each.mac for each in decisions if each.writes)
    return tuple(
        dataclasses.replace(each, outcome=Fate.REFUSED, reason=f"{each.mac} would go to {planned[each.mac]} vNICs")
        if each.writes and planned[each.mac] > 1
        else each
        for each in decisions
    )


def _present(vnic: Vnic) -> Address:
    return Address(address_type=vnic.address_type, mac=vnic.mac or "", check_mac_address=vnic.check_mac_address)


def _wanted(rules: Rules, finding: Finding) -> Address:
    vm, vnic = finding.vm, finding.vnic
    if rules.restored is not None:
        former = rules.restored[vm.moid, vnic.key]
        if former.check_mac_address is None:
            return dataclasses.replace(former, check_mac_address=vnic.check_mac_address)
        return former
    if rules.state is State.UNPINNED:
        automatic = AddressType.ASSIGNED if vnic.address_type is AddressType.MANUAL else vnic.address_type
        return dataclasses.replace(_present(vnic), address_type=automatic)
    mac = rules.mac or _kept(rules, finding)
    stays = rules.check_mac_address or macs.classify(mac).powers_on
    return Address(
        address_type=AddressType.MANUAL, mac=mac, check_mac_address=vnic.check_mac_address if stays else False
    )


def _kept(rules: Rules, finding: Finding) -> str:
    vm, vnic = finding.vm, finding.vnic
    if vnic.mac is None:
        _touchable(vm, vnic)
        raise _no_mac()
    if rules.keep is Keep.RUNTIME:
        return _runtime_mac(finding)
    if finding.has_drifted and rules.keep is None and vnic.address_type is not AddressType.MANUAL:
        _touchable(vm, vnic)
        raise Stop(
            Fate.REFUSED,
            f"it has drifted: {vnic.mac} is configured, {finding.in_use} in use; "
            "say with keep which of the two is right",
        )
    return vnic.mac


def _runtime_mac(finding: Finding) -> str:
    vm, vnic = finding.vm, finding.vnic
    _touchable(vm, vnic)
    if vm.power is Power.OFF:
        raise Stop(
            Fate.REFUSED, f"the VM is off and uses {vnic.mac} next; if another MAC is the right one, give it with mac"
        )
    if finding.runtime_mac is None or finding.certainty is not Certainty.CERTAIN:
        raise Stop(Fate.REFUSED, f"the MAC that it uses now is not known for certain. {finding.note}".rstrip())
    return finding.runtime_mac


def _touchable(vm: Vm, vnic: Vnic) -> None:
    reason = untouchable(vm, vnic)
    if reason:
        raise Stop(Fate.SKIPPED, reason)


def _has_mac(rules: Rules, wanted: Address) -> None:
    if not wanted.mac and rules.restored is not None:
        raise Stop(Fate.SKIPPED, "it had no MAC before, so there is none to give back")
    if not wanted.mac:
        raise _no_mac()


def _no_mac() -> Stop:
    return Stop(Fate.SKIPPED, "it has no MAC yet; power the VM on once, or give one with mac")


def _switchable(vnic: Vnic, wanted: Address) -> None:
    """The setting is ethernetN.checkMACAddress, and not every vNIC has an N."""
    if wanted.check_mac_address is not None and vnic.check_mac_address is None:
        reason = "an SR-IOV vNIC has none" if vnic.is_passthrough else "the VM's advanced settings can't be read"
        raise Stop(Fate.REFUSED, f"the check of its MAC can't be switched (check_mac_address): {reason}")


def _stays(wanted: Address, allocation: Allocation | None) -> None:
    """vSphere keeps an automatic MAC only if it is one that it would have handed out itself."""
    why = replaced_since(wanted.address_type, wanted.mac, allocation)
    if why:
        raise Stop(
            Fate.REFUSED, f"as {wanted.address_type.value}, {wanted.mac} might be replaced sooner or later: {why}"
        )


def _in_range(rules: Rules, finding: Finding, wanted: Address) -> str:
    """Returns a note on the range, if it needs one; stops where hosts would refuse it at the next power-on."""
    kind = macs.classify(wanted.mac)
    if kind is MacRange.UNUSABLE:
        raise Stop(Fate.REFUSED, f"{wanted.mac} is no unicast address")
    if wanted.address_type is not AddressType.MANUAL or kind.powers_on:
        return ""
    # The one in use is the vNIC's own as well: vCenter gave it that one before.
    if kind is MacRange.VCENTER and wanted.mac in (finding.vnic.mac, finding.runtime_mac):
        return "Its MAC is out of vCenter's own range: prove with the canary playbook that your hosts power that on."
    if rules.allow_reserved_range or rules.restored is not None:
        if wanted.check_mac_address is False:
            return f"Its MAC is in the {kind.value} range of VMware, and hosts are told not to check it."
        return f"Its MAC is in the {kind.value} range of VMware: it may fail to power on."
    raise Stop(Fate.REFUSED, _RANGE[kind].format(mac=wanted.mac) + "; allow_reserved_range: true does it all the same")


_RANGE = {
    MacRange.VCENTER: "{mac} is in the range that vCenter hands out (00:50:56:80 to bf), so another VM may get it too",
    MacRange.RESERVED: "{mac} is in a range that VMware reserves (00:50:56:40 to 7f): hosts refuse it at power-on",
    MacRange.UNASSIGNED: "{mac} is in a range of VMware (00:50:56:c0 to ff) that hosts may refuse at power-on",
    MacRange.GENERATED: "{mac} is in the hosts' own range (00:0c:29): they refuse it as a static MAC at power-on",
}


def _unique(vnic: Vnic, wanted: Address, owners: Mapping[str, Sequence[str]]) -> None:
    """vCenter resolves a conflict by giving one of the two another MAC, even a static one (ansible#32808)."""
    present = list(owners.get(wanted.mac, ()))
    others = len(present) - (wanted.mac == vnic.mac)
    if others > 0:
        raise Stop(Fate.REFUSED, f"{wanted.mac} is the MAC of other vNICs too: {', '.join(sorted(set(present)))}")


def _power(rules: Rules, vm: Vm, vnic: Vnic, wanted: Address) -> None:
    if vm.power is Power.OFF:
        return
    if rules.powered_on is PoweredOn.PENDING:
        raise Stop(Fate.PENDING, f"the VM is on; {wanted.mac} is to be set while it is off")
    if wanted.mac != vnic.mac:
        raise Stop(
            Fate.REFUSED,
            f"the VM is on, and a change of the MAC from {vnic.mac} to {wanted.mac} would only create drift; "
            f"power it off and use mac: {wanted.mac}"
            + ("" if macs.classify(wanted.mac).powers_on else ", allow_reserved_range: true"),
        )
    if rules.powered_on is PoweredOn.FAIL:
        raise Stop(Fate.REFUSED, "the VM is on (powered_on: fail)")


def _drift_note(finding: Finding) -> str:
    if finding.has_drifted:
        return f"It has drifted: it is using {finding.in_use} until the next power cycle."
    running = finding.reason is None or not finding.reason.is_by_nature
    if running and (finding.verdict is Verdict.UNKNOWN or finding.certainty is not Certainty.CERTAIN):
        return "Whether it has drifted is not known for certain."
    return ""


def _nsx_note(finding: Finding) -> str:
    if not finding.on_nsx:
        return ""
    segment = finding.vnic.network.name
    return f"{segment} is a segment of NSX, whose profiles (MAC Discovery, SpoofGuard) have a say on its MAC as well."
