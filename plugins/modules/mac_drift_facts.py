#!/usr/bin/python
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which vNICs use another MAC than is configured, and what will happen to them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mac_drift_facts
short_description: Find vNICs that use another MAC address than is configured
version_added: 0.1.0
author:
  - macguard.vsphere contributors (@macguard)
description:
  - Compares the configured MAC of every vNIC with the one that its port, its host or its guest shows in use, and says
    what each difference will lead to. A vNIC that has drifted works until its next port connect (a vMotion, weeks
    later) and is then cut off where the policy rejects MAC changes.
  - Verdicts rest on what is in force now. Events are read as supporting evidence only, for vCenter purges them (after
    30 days by default).
  - That nothing is known about a vNIC is said as such (V(unknown) in RV(ansible_facts.mac_drift.vnics[].verdict)); it
    never means that there is no drift.
  - The number of API calls grows with the number of pages, not of VMs.
options:
  report:
    description:
      - Whether RV(ansible_facts.mac_drift.vnics) lists the vNICs that need attention (V(findings)), or every one in the
        scope (V(all)). The counts are over every one in either case.
    type: str
    choices: [findings, all]
    default: findings
  refresh:
    description:
      - Whether distributed ports are asked for their state anew first. vCenter's own view of it may be older.
    type: bool
    default: true
  events:
    description: Whether events are searched for evidence.
    type: bool
    default: true
  event_days:
    description: How many days back events are searched. vCenter can't go back further than its retention.
    type: int
    default: 30
extends_documentation_fragment:
  - macguard.vsphere.vsphere
  - macguard.vsphere.scope
  - macguard.vsphere.attributes
  - macguard.vsphere.attributes.facts
notes:
  - Needs the privileges C(System.View) and C(System.Read) on the root folder, propagated; the built-in role Read-only
    has both. What an account can't see is not counted.
seealso:
  - module: macguard.vsphere.vnic_mac_pin
  - plugin: macguard.vsphere.drift_since
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the facts of a whole vCenter, where the inventory host stands for it
  macguard.vsphere.mac_drift_facts:
    hostname: "{{ inventory_hostname }}"
    username: "{{ vcenter_username }}"
    password: "{{ vcenter_password }}"
  delegate_to: localhost

- name: Show what needs attention
  ansible.builtin.debug:
    msg: "{{ ansible_facts.mac_drift.vnics | map(attribute='explanation') }}"

- name: Look at two VMs, every vNIC of theirs
  macguard.vsphere.mac_drift_facts:
    vms: [web-01, db-01]
    report: all

- name: Look at what is connected to one portgroup of one datacenter
  macguard.vsphere.mac_drift_facts:
    datacenter: DC1
    portgroup: dv-staging
"""

RETURN = r"""
ansible_facts:
  description: The facts about this vCenter or host.
  returned: success
  type: dict
  contains:
    mac_drift:
      description: The MACs in the scope.
      returned: success
      type: dict
      contains:
        server:
          description: Who answered.
          returned: success
          type: dict
          contains:
            name: {description: The name it was connected by., returned: success, type: str}
            version: {description: Product and version., returned: success, type: str}
            api_version: {description: Version of the API., returned: success, type: str}
            instance_uuid: {description: UUID of the vCenter., returned: success, type: str}
            time: {description: "Its time when it was read; UTC, ISO 8601.", returned: success, type: str}
        mac_allocation:
          description: Which MACs this vCenter assigns, or why that can't be read; V(null) for a standalone host.
          returned: success
          type: str
          sample: "00:50:56:86 (instance id 6)"
        scope:
          description: What was looked at, as given in the options.
          returned: success
          type: dict
        report:
          description: What RV(ansible_facts.mac_drift.vnics) lists.
          returned: success
          type: str
          sample: findings
        vms:
          description: How many VMs and templates are in the scope.
          returned: success
          type: int
        unreadable:
          description:
            - Those of them whose configuration vSphere doesn't show, as they are inaccessible or the account may not
              read them. What is with their vNICs is unknown, and they are counted nowhere else.
          returned: success
          type: list
          elements: dict
          contains:
            vm: {description: Name of the VM., returned: success, type: str}
            moid: {description: Managed object id of the VM., returned: success, type: str}
        counts:
          description: How many vNICs are what. Every key is always there.
          returned: success
          type: dict
          contains:
            vnics: {description: All vNICs., returned: success, type: int}
            findings: {description: Those that need attention., returned: success, type: int}
            verdicts:
              description: By RV(ansible_facts.mac_drift.vnics[].verdict).
              returned: success
              type: dict
              sample: {match: 812, drift: 2, drift_blocked: 1, probable: 0, unknown: 31}
            at_risk:
              description: By RV(ansible_facts.mac_drift.vnics[].at_risk).
              returned: success
              type: dict
              sample: {blocked_now: 1, next_port_connect: 2, next_power_cycle: 0, none: 840, unknown: 3}
            risks:
              description: By latent risk; a vNIC may have several.
              returned: success
              type: dict
              sample: {on_revert: 4, on_upgrade: 0, duplicate: 2, wont_power_on: 0, foreign_allocation: 1}
            address_types:
              description: By type of address. Only V(manual) ones are safe from vCenter.
              returned: success
              type: dict
              sample: {manual: 12, assigned: 834, generated: 0}
        by_portgroup:
          description:
            - The same counts for each portgroup, with its C(portgroup), its distributed C(switch) (empty for a standard
              portgroup) and its C(kind) (V(standard), V(distributed), V(opaque) or V(none)).
          returned: success
          type: list
          elements: dict
        by_host:
          description: The same counts for each C(host).
          returned: success
          type: list
          elements: dict
        by_cluster:
          description: The same counts for each C(cluster); the name is empty for hosts that are in none.
          returned: success
          type: list
          elements: dict
        vnics:
          description: One entry per vNIC, ordered by name of the VM and key of the vNIC.
          returned: success
          type: list
          elements: dict
          contains:
            vm: {description: Name of the VM., returned: success, type: str}
            moid: {description: Managed object id of the VM., returned: success, type: str}
            vnic: {description: Label of the vNIC., returned: success, type: str, sample: Network adapter 1}
            key: {description: Device key of the vNIC., returned: success, type: int, sample: 4000}
            finding: {description: Whether it needs attention., returned: success, type: bool}
            host: {description: Host of the VM., returned: success, type: str}
            cluster: {description: Cluster of that host; empty if in none., returned: success, type: str}
            portgroup: {description: Portgroup that the vNIC is configured for., returned: success, type: str}
            portgroup_kind:
              description: V(standard), V(distributed), V(opaque) (NSX) or V(none).
              returned: success
              type: str
            switch: {description: Distributed switch; empty for a standard one., returned: success, type: str}
            vswitch:
              description: Standard switch of the portgroup; empty for a distributed one, and where it isn't known.
              returned: success
              type: str
            address_type: {description: "V(manual), V(assigned) or V(generated).", returned: success, type: str}
            configured_mac:
              description: The MAC that the next port connect or power-on loads; V(null) until one is assigned.
              returned: success
              type: str
              sample: "00:50:56:86:01:01"
            runtime_mac:
              description: The MAC in use, as far as it is known; else V(null).
              returned: success
              type: str
              sample: "00:50:56:86:7f:02"
            candidates:
              description:
                - For drift of which only so much is known, the MACs of which one is in use. Else empty.
              returned: success
              type: list
              elements: str
            verdict:
              description:
                - V(match), V(drift), V(drift_blocked) (the port is blocked now), V(probable) (drift, matched by
                  elimination only) or V(unknown).
              returned: success
              type: str
            certainty:
              description:
                - V(certain) when a source names this very vNIC or two agree, V(likely) when it was matched indirectly,
                  V(none) when unknown.
              returned: success
              type: str
            source:
              description: V(dvport), V(standard_port) or V(guest), whichever decided; V(null) when unknown.
              returned: success
              type: str
            freshness:
              description:
                - How old the runtime MAC may be. V(live) when the host was asked, V(cached) when it is what vCenter
                  last heard of it, V(polled) when VMware Tools told (every 30 seconds). V(null) when unknown.
              returned: success
              type: str
            reason:
              description:
                - Why the verdict is V(unknown), else V(null). V(template) and V(powered_off) have no runtime MAC by
                  nature; V(suspended), V(unreachable), V(no_mac), V(disconnected), V(passthrough) and V(no_source)
                  hide one.
              returned: success
              type: str
            note: {description: What the sources said besides., returned: success, type: str}
            blocked:
              description: Whether the port is blocked; V(null) if no source tells.
              returned: success
              type: bool
            policy:
              description:
                - Effective policy of the vNIC's port; V(null) if not readable. A flag is V(inherit) where the server
                  doesn't tell its value.
              returned: success
              type: dict
              contains:
                promiscuous_mode: {description: The flag., returned: success, type: str}
                forged_transmits: {description: The flag., returned: success, type: str}
                mac_changes: {description: The flag., returned: success, type: str}
            policy_from:
              description:
                - Which level decides each flag, V(port), V(portgroup) or V(switch); V(null) if that isn't readable.
              returned: success
              type: dict
              contains:
                promiscuous_mode: {description: The level., returned: success, type: str}
                forged_transmits: {description: The level., returned: success, type: str}
                mac_changes: {description: The level., returned: success, type: str}
                legacy:
                  description:
                    - Whether the deprecated securityPolicy of the distributed switch decides a flag, as
                      macManagementPolicy doesn't tell it.
                  returned: success
                  type: bool
            rejected_on:
              description:
                - Other hosts of the cluster where the standard portgroup of this name rejects MAC changes.
              returned: success
              type: list
              elements: str
            at_risk:
              description:
                - What comes next. V(blocked_now); V(next_port_connect), a vMotion, reconnect or move will block the
                  port; V(next_power_cycle), the MAC will change then; V(none). V(null) for a running vNIC of which
                  nothing is known.
              returned: success
              type: str
            explanation: {description: What is the matter., returned: success, type: str}
            remedy: {description: What to do about it., returned: success, type: str}
            risks:
              description: What may happen although the MACs agree.
              returned: success
              type: list
              elements: dict
              contains:
                risk:
                  description:
                    - V(on_revert), V(on_upgrade), V(duplicate), V(wont_power_on) or V(foreign_allocation).
                  returned: success
                  type: str
                explanation: {description: What may happen and why., returned: success, type: str}
                remedy: {description: What to do about it., returned: success, type: str}
            events:
              description: Events about this vNIC, oldest first, the newest twenty at most.
              returned: success
              type: list
              elements: dict
              contains:
                time: {description: "When; UTC, ISO 8601.", returned: success, type: str}
                kind: {description: Type of the event., returned: success, type: str, sample: VmMacChangedEvent}
                user: {description: Who caused it; empty for the system., returned: success, type: str}
                message: {description: vCenter's own text., returned: success, type: str}
                macs:
                  description: The MACs that it names; of a change, the former one first.
                  returned: success
                  type: list
                  elements: str
        events:
          description: Which events were searched; V(null) with O(events=false).
          returned: success
          type: dict
          contains:
            searched_from: {description: Begin of the window., returned: success, type: str}
            searched_to: {description: End of the window., returned: success, type: str}
            oldest: {description: Time of the oldest event that was found., returned: success, type: str}
            retention_days:
              description: After how many days events are purged; V(null) if never, or if not readable.
              returned: success
              type: int
            searched: {description: How many events were read., returned: success, type: int}
"""

import typing as t
from collections.abc import Mapping

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.audit import Reader, Request, audit
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.report import Report
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import InvalidOption
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.scope import Scope
from ansible_collections.macguard.vsphere.plugins.module_utils._module.argspec import SCOPE, ArgumentSpec, check_said
from ansible_collections.macguard.vsphere.plugins.module_utils._module.runner import run_facts
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.audit_reader import AuditReader
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.bulk import undisturbed

SPEC = SCOPE.merge(
    ArgumentSpec(
        options={
            "report": {"type": "str", "choices": ["findings", "all"], "default": "findings"},
            "refresh": {"type": "bool", "default": True},
            "events": {"type": "bool", "default": True},
            "event_days": {"type": "int", "default": 30},
        }
    )
)


def request(params: Mapping[str, t.Any]) -> Request:
    """Returns what the options ask for; raises InvalidOption where that can't be meant."""
    check_said(params, SCOPE.options)
    if params["event_days"] < 1:
        raise InvalidOption(f"event_days must be at least 1, not {params['event_days']}.")
    return Request(
        scope=Scope.of(params),
        report=Report(params["report"]),
        refresh=params["refresh"],
        events=params["events"],
        event_days=params["event_days"],
    )


def facts(asked: Request, reader: Reader) -> Mapping[str, t.Any]:
    """Returns the module's result."""
    with undisturbed():
        return {"ansible_facts": {"mac_drift": audit(asked, reader)}}


def main() -> None:
    """Runs the module."""
    run_facts(SPEC, request=request, reader=AuditReader, facts=facts)


if __name__ == "__main__":
    main()
