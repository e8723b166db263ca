# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""From a request to pin to the plan: read what the rules need, decide on every vNIC, put each VM's writes together."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Sequence

from ..allocation import Allocation
from ..drift.finding import Finding
from ..errors import InvalidOption
from ..model import Vm
from ..plan import Plan
from .decision import Decision
from .edit import CardEdit, VmState, VnicState
from .pin import Rules, State, decide, refuse_shared
from .survey import Survey, VnicReader, VnicRequest, planned, survey


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request(VnicRequest):
    """What the user asked of vnic_mac_pin."""

    rules: Rules


class Reader(VnicReader, t.Protocol):
    """What the planner may read."""

    def allocation(self) -> Allocation | None:
        """How the server hands out MACs; None where it assigns none, as on a standalone host."""

    def with_mac_checks(self, vms: Sequence[Vm]) -> tuple[Vm, ...]:
        """These VMs with each vNIC's `check_mac_address`, which takes a read of all their advanced settings."""


def plan(request: Request, reader: Reader) -> Plan[VmState]:
    """Returns what is to be written to pin the chosen vNICs; raises Refused if one of them must not be."""
    if request.scope is None:
        return Plan(changes=(), report={"vnics": ()})
    scope = reader.resolve(request.scope)
    vms = reader.vms(scope)
    if request.rules.touches_the_check:
        vms = reader.with_mac_checks(vms)
    found = survey(request, reader, vms, scope, request.rules.restored)
    decisions = refuse_shared(_decisions(request.rules, reader, found.findings))
    return planned(request, found, decisions, _card)


def _decisions(rules: Rules, reader: Reader, findings: Sequence[Finding]) -> tuple[Decision, ...]:
    if rules.mac and len(findings) > 1:
        raise InvalidOption(f"mac {rules.mac} would go to {len(findings)} vNICs; choose one with vms and vnics.")
    new = {rules.mac, *(address.mac for address in (rules.restored or {}).values())}
    present = {finding.vnic.mac for finding in findings} | {finding.runtime_mac for finding in findings}
    owners = reader.owners_of(sorted(filter(None, new | present)))
    automatic = rules.state is State.UNPINNED or rules.restored is not None
    allocation = reader.allocation() if automatic else None
    return tuple(decide(rules, finding, owners=owners, allocation=allocation) for finding in findings)


def _card(found: Survey, each: Decision, before: VnicState) -> tuple[CardEdit, VnicState]:
    after = dataclasses.replace(
        before, mac=each.mac, address_type=each.address_type, check_mac_address=each.check_mac_address
    )
    edit = CardEdit(
        key=each.key,
        mac=each.mac,
        address_type=each.address_type,
        check_mac_address=None if after.check_mac_address is before.check_mac_address else after.check_mac_address,
        seen=found.running(each.moid, each.key),
    )
    return edit, after
