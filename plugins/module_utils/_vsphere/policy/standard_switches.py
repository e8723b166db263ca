# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Standard vSwitches and portgroups of many hosts: read in one call, written one host at a time with a whole spec."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Iterator, Mapping, Sequence

from ..._domain.errors import NotFound
from ..._domain.policy.holder import Holder, Host, Kind
from ..._domain.policy.inheritance import Policy, PolicyState
from ..._domain.policy.reading import Reading
from .. import collect, faults
from ..sdk import vim
from ..session import Session
from . import codec as policy_codec
from . import traits

# Not the whole of host.config: it is hundreds of times larger.
_PATHS = ("config.network.portgroup", "config.network.vswitch", "configManager.networkSystem")


@dataclasses.dataclass(frozen=True, slots=True)
class HostNetwork:
    """The vim objects of one host, as read just now."""

    system: t.Any
    portgroups: Mapping[str, t.Any]
    vswitches: Mapping[str, t.Any]

    def object_of(self, holder: Holder) -> t.Any:
        """Returns the vim object of a holder, which may have been removed since it was found."""
        known = self.vswitches if holder.kind.is_switch else self.portgroups
        if holder.name not in known:
            raise NotFound(f"{holder.subject} was removed since it was looked up; run again.")
        return known[holder.name]


def read(session: Session, hosts: Sequence[str]) -> dict[str, HostNetwork]:
    """Returns the networks by the host's managed object id; a host that vCenter can't reach has none."""
    refs = [vim.HostSystem(moid, session.stub) for moid in hosts]
    found = collect.of(session, refs, _PATHS)
    return {str(host.ref._moId): _network(host.properties) for host in found if _PATHS[1] in host.properties}


def holders(kind: Kind, host: Host, network: HostNetwork) -> Iterator[Holder]:
    if kind is Kind.VSWITCH:
        return (Holder(kind=kind, name=name, moid=host.moid, host=host.name) for name in network.vswitches)
    return (
        Holder(kind=kind, name=name, moid=host.moid, host=host.name, switch=portgroup.spec.vswitchName)
        for name, portgroup in network.portgroups.items()
    )


def reading(holder: Holder, network: HostNetwork) -> Reading:
    found = network.object_of(holder)
    own = Policy.of(policy_codec.of_host_policy(found.spec.policy))
    if holder.kind is Kind.VSWITCH:
        return Reading(holder=holder, state=PolicyState.top(own))
    above = network.vswitches[found.spec.vswitchName]
    parent = Policy.of(policy_codec.of_host_policy(above.spec.policy))
    inherits = PolicyState.under(parent, found.spec.vswitchName, own)
    # What the host computes is the truth; what we compute is only for what isn't there yet.
    effective = Policy.of(policy_codec.of_host_policy(found.computedPolicy)).over(inherits.effective)
    return Reading(
        holder=holder,
        state=dataclasses.replace(inherits, effective=effective),
        parent=parent,
        traits=traits.of_standard(found.spec),
    )


def write(network: HostNetwork, holder: Holder, override: Policy) -> None:
    """Echoes the spec that was read, with other security flags.

    Both calls replace all that the spec holds, and what it leaves out is reset: VLAN, teaming and shaping of a
    portgroup, the uplinks of a vSwitch (API reference: "If the bridge is NULL, the configuration will be unset").
    """
    spec = network.object_of(holder).spec
    if spec.policy is None:
        spec.policy = vim.host.NetworkPolicy()
    spec.policy.security = policy_codec.to_host_security(override.flags)
    with faults.doing(f"set the security policy of {holder.subject}", writes=True):
        if holder.kind is Kind.VSWITCH:
            # The spec that is read has no MTU (govmomi's capture of an ESXi 8.0.2), and no source says what an absent
            # one does. numPorts must be the spec's: the live number is another one and would wait for a reboot.
            spec.mtu = network.vswitches[holder.name].mtu
            network.system.UpdateVirtualSwitch(holder.name, spec)
        else:
            network.system.UpdatePortGroup(holder.name, spec)


def _network(properties: Mapping[str, t.Any]) -> HostNetwork:
    portgroups, vswitches, system = (properties.get(path) for path in _PATHS)
    return HostNetwork(
        system=system,
        portgroups={portgroup.spec.name: portgroup for portgroup in portgroups or ()},
        vswitches={vswitch.name: vswitch for vswitch in vswitches or ()},
    )
