# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""What an edit did to the running vNICs besides what it promised: their runtime MACs, their ports, vCenter's events."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ..._domain import mac
from ..._domain.drift.finding import Finding
from ..._domain.drift.guest import in_guest
from ..._domain.drift.verdict import judge
from ..._domain.model import NetworkKind, Power, Sighting, Source, Vm, Vnic, VnicId
from ..._domain.plan import Change
from ..._domain.vnic.edit import CardEdit, VmState, harm
from .. import collect, faults
from ..sdk import vim
from ..session import Session
from . import runtime

_EVENT = "VmMacChangedEvent"


class Aftermath:
    """Looks at the vNICs of one wave only: to read their neighbours too, as a survey does, would cost too much."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last_event: t.Any = None
        self._begun: t.Any = None

    def begin(self) -> None:
        """Notes the latest event: it and all before it have other causes."""
        self._begun = self._last_event = None
        with faults.doing("read the server's time"):
            self._begun = self._session.instance.CurrentTime()
        for found in collect.of(self._session, [self._session.content.eventManager], ["latestEvent"]):
            self._last_event = found.properties.get("latestEvent")

    def harms(self, changes: Sequence[Change[VmState]], vms: Mapping[str, Vm]) -> Mapping[VnicId, tuple[str, ...]]:
        """Returns what happened to each edited vNIC that no edit may cause."""
        cards = [(vms[c.write.moid], card) for c in changes if c.write.moid in vms for card in c.write.cards]
        events = self._mac_events(changes)
        running = [(vm, card) for vm, card in cards if card.seen is not None and vm.power is Power.ON]
        now = self._findings(running)
        return {
            (vm.moid, card.key): (*_harm(card, now.get((vm.moid, card.key))), *events.get((vm.moid, card.key), ()))
            for vm, card in cards
        }

    def _findings(self, cards: Sequence[tuple[Vm, CardEdit]]) -> Mapping[VnicId, Finding]:
        vms = list({vm.moid: vm for vm, card in cards}.values())
        nets = [(vm, vnic.network) for vm in vms for vnic in vm.vnics]
        keys = {network.key for vm, network in nets if network.kind is NetworkKind.DISTRIBUTED}
        groups = runtime.dv_groups(self._session, keys)
        dv_ports = runtime.dv_ports(self._session, vms, {key: group.switch for key, group in groups.items()})
        hosts = runtime.read_hosts(
            self._session, {vm.host_moid for vm, network in nets if network.kind is NetworkKind.STANDARD}
        )
        return {
            (vm.moid, vnic.key): _finding(vm, vnic, card, dv_ports.get((vm.moid, vnic.key)), hosts)
            for vm, card in cards
            for vnic in vm.vnics
            if vnic.key == card.key
        }

    def _mac_events(self, changes: Sequence[Change[VmState]]) -> Mapping[VnicId, tuple[str, ...]]:
        """Returns, by vNIC, the changes of MAC that vCenter itself tells of and nobody promised."""
        last = self._last_event
        if self._begun is None:  # then nothing was edited, either
            return {}
        # Not every account is shown the latest event; all of the history would then count as this edit's doing.
        time = vim.event.EventFilterSpec.ByTime(beginTime=last.createdTime if last else self._begun)
        with faults.doing("read the events since the edit"):
            events = self._session.content.eventManager.QueryEvents(
                vim.event.EventFilterSpec(eventTypeId=[_EVENT], time=time)
            )
        by_vm = {change.write.moid: change for change in changes}
        found: dict[VnicId, tuple[str, ...]] = {}
        for event in (event for event in events or () if last is None or event.key > last.key):
            moid = event.vm.vm._moId if event.vm else ""
            for key, text in _unpromised(by_vm[moid], event) if moid in by_vm else ():
                found[moid, key] = (*found.get((moid, key), ()), text)
        return found


def _harm(card: CardEdit, now: Finding | None) -> tuple[str, ...]:
    return harm(card.seen, now, moved=card.attachment is not None) if card.seen is not None and now is not None else ()


def _finding(
    vm: Vm, vnic: Vnic, card: CardEdit, port: runtime.PortState | None, hosts: Mapping[str, runtime.Host]
) -> Finding:
    group = _group(vm, vnic, hosts)
    on_port = port.sighting if port else _listed(vnic, card, group)
    layer = port.policy if port else group.policy if group else None
    seen = (on_port, in_guest(vm).get(vnic.key))
    return judge(vm, vnic, [each for each in seen if each], layer.effective if layer else None)


def _group(vm: Vm, vnic: Vnic, hosts: Mapping[str, runtime.Host]) -> runtime.HostPorts | None:
    """Returns the standard portgroup on the VM's host; a distributed one may have the same name."""
    if vnic.network.kind is not NetworkKind.STANDARD or vm.host_moid not in hosts:
        return None
    return hosts[vm.host_moid].portgroups.get(vnic.network.name)


def _listed(vnic: Vnic, card: CardEdit, group: runtime.HostPorts | None) -> Sighting | None:
    """Returns which of the MACs that the vNIC may be using the host lists; other ports' MACs are the neighbours'."""
    mine = [vnic.mac, card.seen.runtime_mac if card.seen else None]
    seen = next((each for each in mine if group and each in group.macs), None)
    return Sighting(source=Source.STANDARD_PORT, mac=seen, certain=False) if seen else None


def _unpromised(change: Change[VmState], event: t.Any) -> Iterator[tuple[int, str]]:
    """The event names its vNIC by label only, so the old MAC helps; what fits neither is laid to the first."""
    new, old = mac.read(event.newMac), mac.read(event.oldMac)
    if any(state.mac == new for state in change.after):
        return
    own = [state for state in change.before if state.label == event.adapter or state.mac == old]
    yield (own or list(change.before))[0].key, f"vCenter changed its MAC from {old} to {new} ({_EVENT})"
