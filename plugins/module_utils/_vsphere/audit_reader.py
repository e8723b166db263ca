# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""All that an audit reads besides the vNICs: the server itself, snapshots, MAC allocation and events."""

from __future__ import annotations

import datetime
import functools
import typing as t
from collections.abc import Callable, Iterable, Mapping, Sequence

from .._domain.allocation import Allocation, allocation
from .._domain.drift.audit import Server
from .._domain.drift.evidence import Event, EventLog, Evidence
from .._domain.errors import InvalidOption, PermissionMissing
from .._domain.model import Vm, VnicId
from . import collect, events, faults
from .sdk import vim
from .vnic.codec import AUDIT_PATHS, is_vnic, kept, of_device
from .vnic.reader import VnicReader

_SCHEME = "config.vpxd.macAllocScheme."


class AuditReader(VnicReader):
    """Reads for mac_drift_facts."""

    paths: t.ClassVar[tuple[str, ...]] = AUDIT_PATHS

    @functools.cached_property
    def _now(self) -> datetime.datetime:
        """The server's own time: its events carry it, and the machine that this runs on may be wrong."""
        with faults.doing("read the server's time"):
            when: datetime.datetime = self.session.instance.CurrentTime()
            return when

    @functools.cached_property
    def _options(self) -> tuple[dict[str, t.Any], str]:
        """All options of the server in one answer: some that matter have no name to ask for while they are unset.

        Or why this account may not read them: what they tell (allocation, retention) is then reported as not known.
        """
        try:
            with faults.doing("read the server's options"):
                found = self.session.content.setting.QueryOptions()
                return {option.key: option.value for option in found}, ""
        except PermissionMissing as missing:
            return {}, str(missing)

    def server(self) -> Server:
        """Returns who answers."""
        about = self.session.content.about
        return Server(
            name=self.session.options.hostname,
            version=about.fullName,
            api_version=about.apiVersion,
            instance_uuid=about.instanceUuid or "",
            time=events.iso(self._now),
        )

    def events(self, days: int, read: Callable[[Iterable[Event]], Evidence]) -> tuple[EventLog, Evidence]:
        """Returns what was searched, and what `read` made of the events."""
        since = self._now - datetime.timedelta(days=days)
        return events.read_events(self.session, (since, self._now), self._options[0], read)

    def allocation(self) -> Allocation | None:
        """Returns how this vCenter hands out MACs, as far as that can be read; None on a standalone host."""
        if not self.session.is_vcenter:
            return None
        options, unread = self._options
        if unread:
            return Allocation(unread=unread)
        scheme = {key.removeprefix(_SCHEME): str(options[key]) for key in options if key.startswith(_SCHEME)}
        instance = options.get("instance.id")
        names = sorted({key.rsplit(".", 1)[0] for key in scheme if key.startswith("rangeScheme.range")})
        try:
            return allocation(
                int(instance) if instance is not None else None,
                scheme.get("prefixScheme.prefix", ""),
                int(scheme.get("prefixScheme.prefixLength") or 0),
                [(scheme[f"{name}.begin"], scheme[f"{name}.end"]) for name in names],
            )
        # Half-written options are the admin's, and no reason to end an audit of MACs.
        except (KeyError, ValueError, InvalidOption):
            return Allocation()

    def snapshot_macs(self, vms: Sequence[Vm]) -> Mapping[VnicId, Sequence[tuple[str, str]]]:
        """Returns by vNIC each snapshot's name, and the MAC that it would bring back."""
        owners = {snapshot.moid: (vm.moid, snapshot.name) for vm in vms for snapshot in vm.snapshots}
        refs = [vim.vm.Snapshot(moid, self.session.stub) for moid in owners]
        macs: dict[VnicId, list[tuple[str, str]]] = {}
        for found in collect.of(self.session, refs, ["config.hardware.device"], kept()):
            vm, name = owners[str(found.ref._moId)]
            for vnic in self._cards(found):
                if vnic.mac:
                    macs.setdefault((vm, vnic.key), []).append((name, vnic.mac))
        return macs

    def _cards(self, found: collect.Found) -> t.Iterator[t.Any]:
        devices = found.properties.get("config.hardware.device") or ()
        return (of_device(device, self.places) for device in devices if is_vnic(device))
