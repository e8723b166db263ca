# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Reads portgroups and switches of all kinds, together with those whom a change would reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from ..._domain.errors import ConnectionFailed, MacguardError
from ..._domain.policy.choice import Catalogue
from ..._domain.policy.exposure import Guest
from ..._domain.policy.holder import Holder, Kind
from ..._domain.policy.inheritance import PolicyState
from ..._domain.policy.policy_plan import Area, Write
from ..._domain.policy.reading import Reading, ShieldedPort
from ..session import Session
from . import distributed_switches, guests, standard_switches
from .catalogue import NetworkCatalogue
from .distributed_switches import Fabric
from .shielded_ports import shielded_ports
from .standard_switches import HostNetwork


@dataclasses.dataclass(frozen=True, slots=True)
class Live:
    """The vim objects of some holders as they are now."""

    session: Session
    networks: Mapping[str, HostNetwork]
    fabric: Fabric

    def network_of(self, holder: Holder) -> HostNetwork:
        if holder.moid not in self.networks:
            raise ConnectionFailed(f"{holder.subject}: vCenter doesn't reach the host any more.")
        return self.networks[holder.moid]

    def reading(self, write: Write, shielded: tuple[ShieldedPort, ...] = ()) -> Reading:
        if write.holder.kind.is_standard:
            return standard_switches.reading(write.holder, self.network_of(write.holder))
        return distributed_switches.reading(
            self.session, write.holder, self.fabric, legacy=write.legacy, shielded=shielded
        )

    def state(self, write: Write) -> PolicyState | None:
        """Returns None for what has gone since."""
        try:
            return self.reading(write).state
        except MacguardError:
            return None


class NetworkReader:
    """Has no method that writes."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._catalogue = NetworkCatalogue(session)

    def catalogue(self, kind: Kind, area: Area) -> Catalogue:
        """Returns the hosts of the area and what is on them, or what distributed ones there are."""
        return self._catalogue.catalogue(kind, area)

    def readings(self, holders: Sequence[Holder], *, legacy: bool = False, ports: bool = True) -> Sequence[Reading]:
        """Reads these, in their order, all together; without `ports`, nobody asks which ports are shielded."""
        writes = [Write(holder=holder, legacy=legacy) for holder in holders]
        live = self.live(writes, self._catalogue.networks)
        portgroups = [holder for holder in holders if holder.kind is Kind.DVPORTGROUP and ports]
        on = {holder.moid: live.fabric.switch_of(holder) for holder in portgroups}
        shielded = shielded_ports(self.session, on, legacy=legacy)
        return [live.reading(write, shielded.get(write.holder.moid, ())) for write in writes]

    def portgroups_of(self, switches: Sequence[Holder], *, legacy: bool) -> Mapping[Holder, Sequence[Reading]]:
        """Reads the portgroups of these switches."""
        below = {switch: tuple(self._catalogue.portgroups_of(switch)) for switch in switches}
        holders = [holder for portgroups in below.values() for holder in portgroups]
        readings = {reading.holder: reading for reading in self.readings(holders, legacy=legacy)}
        return {switch: [readings[holder] for holder in portgroups] for switch, portgroups in below.items()}

    def guests(self, portgroups: Sequence[Holder]) -> Mapping[Holder, Sequence[Guest]]:
        """Reads the vNICs that are connected to these portgroups."""
        return guests.guests(self.session, self._catalogue.places, portgroups)

    def live(self, writes: Sequence[Write], known: Mapping[str, HostNetwork] | None = None) -> Live:
        """Reads the vim objects; hosts that are `known` are taken as they were."""
        hosts = dict.fromkeys(write.holder.moid for write in writes if write.holder.kind.is_standard)
        read = {} if known is None else known
        unread = [moid for moid in hosts if moid not in read]
        return Live(
            session=self.session,
            networks={**read, **standard_switches.read(self.session, unread)},
            fabric=distributed_switches.read(
                self.session, [write.holder for write in writes if not write.holder.kind.is_standard]
            ),
        )
