# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What is decided for each vNIC, and why: the list that a person reads when 500 of them were asked for at once."""

from __future__ import annotations

import dataclasses
import enum
from collections import Counter
from collections.abc import Mapping, Sequence

from ..errors import Refused
from ..model import AddressType, Vm, Vnic
from ..plan import Outcome, Plan, Status
from ..wording import few
from .edit import VmState


class Fate(enum.Enum):
    """What becomes, or became, of one vNIC."""

    PINNED = "pinned"
    UNPINNED = "unpinned"
    MOVED = "moved"
    RESTORED = "restored"
    ALREADY = "already"
    """It is as asked for; nothing to do."""
    PENDING = "pending_power_off"
    """It can be done while the VM is off, and wasn't tried."""
    REFUSED = "refused"
    """vSphere might have done it, but with harm."""
    SKIPPED = "skipped"
    """It is no vNIC to be edited, or not now."""
    FAILED = "failed"
    UNTOUCHED = "untouched"
    """Not begun, because others had failed before."""


WRITES = frozenset({Fate.PINNED, Fate.UNPINNED, Fate.MOVED, Fate.RESTORED})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One vNIC's part of the result; `mac`, `address_type` and `portgroup` are as wanted if it is to be written."""

    vm: str
    moid: str
    key: int
    label: str
    mac: str | None
    address_type: AddressType
    portgroup: str
    outcome: Fate
    reason: str = ""
    note: str = ""
    check_mac_address: bool | None = None

    @property
    def writes(self) -> bool:
        return self.outcome in WRITES


def decision(vm: Vm, vnic: Vnic, outcome: Fate, reason: str = "", note: str = "") -> Decision:
    """Returns the decision that leaves the vNIC as it is; the planners replace what they change."""
    return Decision(
        vm=vm.name,
        moid=vm.moid,
        key=vnic.key,
        label=vnic.label,
        mac=vnic.mac,
        address_type=vnic.address_type,
        portgroup=vnic.network.name,
        outcome=outcome,
        reason=reason,
        note=note,
        check_mac_address=vnic.check_mac_address,
    )


class Stop(Exception):
    """Ends the rules for one vNIC with a decision."""

    def __init__(self, fate: Fate, reason: str) -> None:
        super().__init__(reason)
        self.fate = fate
        self.reason = reason


def refuse_if_any(decisions: Sequence[Decision]) -> None:
    """Raises Refused, before anything is written, with every reason and the decision on every vNIC."""
    refused = [each for each in decisions if each.outcome is Fate.REFUSED]
    if not refused:
        return
    lines = [f"{each.vm} {each.label}: {each.reason}" for each in refused[:5]]
    more = f" And {len(refused) - 5} more; see vnics." if len(refused) > 5 else ""
    raise Refused(
        f"{len(refused)} of {len(decisions)} vNICs refused, so nothing was changed (on_refused: skip goes on with the "
        "others). " + " ".join(lines) + more,
        vnics=decisions,
    )


def warnings(decisions: Sequence[Decision], named: bool, with_snapshots: Sequence[str]) -> tuple[str, ...]:
    """Returns what the user should hear even if all goes well; skipped VMs only where they were named one by one."""
    told = []
    if with_snapshots:
        told.append(
            f"Reverting to a snapshot restores the MAC, its type and the portgroup of then. VMs with snapshots: "
            f"{few(with_snapshots)}."
        )
    skipped = [f"{each.vm} {each.label} ({each.reason})" for each in decisions if each.outcome is Fate.SKIPPED]
    if named and skipped:
        told.append(f"Skipped: {few(skipped)}.")
    refused = [f"{each.vm} {each.label} ({each.reason})" for each in decisions if each.outcome is Fate.REFUSED]
    if refused:
        told.append(f"Refused: {few(refused)}.")
    return tuple(told)


def told(decisions: Sequence[Decision], outcomes: Sequence[Outcome[VmState]]) -> tuple[Decision, ...]:
    """Returns the decisions as they turned out: what was planned, but failed or was not begun, says so."""
    by_vm = {outcome.change.write.moid: outcome for outcome in outcomes}
    return tuple(_as_it_went(each, by_vm.get(each.moid)) for each in decisions)


def _as_it_went(planned: Decision, outcome: Outcome[VmState] | None) -> Decision:
    if not planned.writes or outcome is None or outcome.status is Status.APPLIED:
        return planned
    if outcome.status is Status.UNTOUCHED:
        return dataclasses.replace(planned, outcome=Fate.UNTOUCHED, reason="an earlier change failed")
    return dataclasses.replace(planned, outcome=Fate.FAILED, reason=outcome.error.message if outcome.error else "")


def report(plan: Plan[VmState], outcomes: Sequence[Outcome[VmState]]) -> Mapping[str, object]:
    """Returns what the result tells of each vNIC, and the sums."""
    decisions = told(plan.report["vnics"], outcomes)
    return {"vnics": decisions, "summary": summary(decisions)}


def summary(decisions: Sequence[Decision]) -> Mapping[str, int]:
    """Returns how many vNICs came to which end."""
    return Counter(each.outcome.value for each in decisions)
