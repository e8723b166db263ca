#!/usr/bin/python
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change the security policy of portgroups and virtual switches."""

from __future__ import annotations

DOCUMENTATION = r"""
module: portgroup_security
short_description: Change the security policy of portgroups and virtual switches, and nothing else of them
version_added: 0.1.0
author:
  - macguard.vsphere contributors (@macguard)
description:
  - Sets promiscuous mode, forged transmits, MAC address changes and MAC learning of standard portgroups, standard
    vSwitches, distributed portgroups or distributed switches. What is not named stays as it is, VLAN, teaming, shaping,
    uplinks, MTU, ports and the other flags included.
  - One task covers a host, a list of hosts, a cluster or a datacenter, and several portgroups. Everything is found and
    judged before the first write; the hosts are then written side by side, and each is read back and compared.
  - Never creates, renames or deletes anything. An unknown name is an error that lists near names.
options:
  type:
    description:
      - What O(names) are the names of. A standard and a distributed portgroup may have the same name.
      - Needed unless O(restore) is given.
    type: str
    choices: [portgroup, vswitch, dvportgroup, dvswitch]
  names:
    description: The portgroups or switches. Needed unless O(restore) is given. An empty list means none at all.
    type: list
    elements: str
    aliases: [name]
  switch:
    description: Only portgroups of this vSwitch or distributed switch.
    type: str
  hosts:
    description:
      - The hosts, by name or managed object id. An empty list means none, so that nothing is done.
      - For O(type=dvportgroup) and O(type=dvswitch), only distributed switches that one of them is a member of.
      - For standard ones, this, O(cluster) or O(datacenter) is needed where the server has more than one host.
    type: list
    elements: str
  cluster:
    description: The hosts of this cluster. Together with O(hosts), those of O(hosts) that are in it.
    type: str
  datacenter:
    description: Only what is in this datacenter.
    type: str
  promiscuous_mode:
    description:
      - Whether a vNIC may see all frames of the VLANs of its portgroup. If not given, it stays as it is.
      - V(inherit) leaves it to the switch. A standard portgroup inherits each flag by itself. A distributed portgroup
        inherits all or nothing, MAC learning included, so give V(inherit) for all three flags there.
    type: str
    choices: [accept, reject, inherit]
  forged_transmits:
    description: Whether a vNIC may send with another source MAC than its own. See O(promiscuous_mode) on V(inherit).
    type: str
    choices: [accept, reject, inherit]
  mac_changes:
    description:
      - Whether the guest may use another MAC than the configured one. See O(promiscuous_mode) on V(inherit).
    type: str
    choices: [accept, reject, inherit]
  mac_learning:
    description:
      - MAC learning of a distributed portgroup or switch. It replaces promiscuous mode for nested hypervisors, but
        O(forged_transmits) stays necessary.
      - Needs vSphere 6.7 with a distributed switch 6.6.0; where that isn't there, the module fails before writing.
    type: dict
    suboptions:
      enabled:
        description: Whether the switch learns which MACs are behind a port.
        type: bool
      allow_unicast_flooding:
        description: Whether frames to a MAC that wasn't learned yet go to all ports that learn.
        type: bool
      limit:
        description: How many MACs a port may learn. vSphere takes up to 4096.
        type: int
      limit_policy:
        description: What becomes of frames from further MACs.
        type: str
        choices: [allow, drop]
  legacy_policy:
    description:
      - Write and read the deprecated C(securityPolicy) of distributed switches instead of C(macManagementPolicy). Only
        for switches older than 6.6.0; it has no MAC learning.
      - Without it, a disagreement of the two is only reported, in RV(objects[].legacy_policy).
    type: bool
    default: false
  on_missing:
    description:
      - What to do about hosts that don't have a portgroup or vSwitch of that name, decided before the first write.
      - A name that no host has is an error in any case.
    type: str
    choices: [fail, skip]
    default: fail
  on_unreachable:
    description:
      - What to do about hosts that are disconnected or don't respond, decided before the first write. A host in
        maintenance mode is changed like any other.
    type: str
    choices: [fail, skip]
    default: fail
  rollback:
    description:
      - Whether to take back what was applied if anything fails. What was taken back is listed in RV(rolled_back).
      - If not, what was applied stays, and RV(restore) takes it back at any later time.
    type: bool
    default: false
  restore:
    description:
      - What an earlier run returned as RV(restore). Takes back exactly what that run changed.
      - Excludes the options that choose objects or policies.
    type: list
    elements: dict
    suboptions:
      type:
        description: As O(type).
        type: str
        choices: [portgroup, vswitch, dvportgroup, dvswitch]
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      switch:
        description: The switch that it is on.
        type: str
      host:
        description: The host that it is on.
        type: str
      legacy_policy:
        description: As O(legacy_policy).
        type: bool
        default: false
      promiscuous_mode:
        description: As O(promiscuous_mode).
        type: str
        choices: [accept, reject, inherit]
      forged_transmits:
        description: As O(forged_transmits).
        type: str
        choices: [accept, reject, inherit]
      mac_changes:
        description: As O(mac_changes).
        type: str
        choices: [accept, reject, inherit]
      mac_learning:
        description: As O(mac_learning).
        type: dict
        suboptions:
          enabled:
            description: As O(mac_learning.enabled).
            type: bool
          allow_unicast_flooding:
            description: As O(mac_learning.allow_unicast_flooding).
            type: bool
          limit:
            description: As O(mac_learning.limit).
            type: int
          limit_policy:
            description: As O(mac_learning.limit_policy).
            type: str
            choices: [allow, drop]
extends_documentation_fragment:
  - macguard.vsphere.vsphere
  - macguard.vsphere.many
  - macguard.vsphere.attributes
notes:
  - "Privileges: C(Host.Config.Network) on the hosts of standard switches; C(DVPortgroup.Modify) and
    C(DVPortgroup.PolicyOp) on distributed portgroups; C(DVSwitch.Modify) and C(DVSwitch.PolicyOp) on distributed
    switches. Check mode needs read access only."
  - Standard switches have no version that a write could be checked against. The module reads each right before it
    writes and right after.
  - A host profile or a vSphere configuration profile may put its own policy back later.
seealso:
  - module: macguard.vsphere.mac_drift_facts
"""

EXAMPLES = r"""
- name: Let a nested ESXi's VMs through, on every host that it may move to
  macguard.vsphere.portgroup_security:
    type: portgroup
    names: [Nested]
    cluster: Compute
    promiscuous_mode: accept
    forged_transmits: accept
  register: opened

- name: The same on a distributed portgroup, without promiscuous mode
  macguard.vsphere.portgroup_security:
    type: dvportgroup
    names: [dv-nested]
    forged_transmits: accept
    mac_learning:
      enabled: true

- name: Leave one flag to the vSwitch again
  macguard.vsphere.portgroup_security:
    type: portgroup
    names: [Nested]
    hosts: [esx01.example.com]
    promiscuous_mode: inherit

- name: Take back what the first task did
  macguard.vsphere.portgroup_security:
    restore: "{{ opened.restore }}"
"""

RETURN = r"""
objects:
  description: Every chosen portgroup or switch, on each host, with what became of it; in check mode, what would.
  returned: when all objects could be read
  type: list
  elements: dict
  contains:
    subject:
      description: The object, for people.
      type: str
      returned: always
      sample: portgroup Nested on esx01.example.com
    type:
      description: As O(type).
      type: str
      returned: always
      sample: portgroup
    name:
      description: Its name.
      type: str
      returned: always
      sample: Nested
    switch:
      description: The switch that a portgroup is on.
      type: str
      returned: always
      sample: vSwitch0
    host:
      description: The host that a standard one is on.
      type: str
      returned: always
      sample: esx01.example.com
    outcome:
      description:
        - V(changed), V(unchanged), V(failed), V(rolled_back), or V(untouched) if others had failed before.
      type: str
      returned: always
      sample: changed
    before:
      description: The policy before.
      type: dict
      returned: always
      contains:
        override:
          description: What the object says itself. C(mac_learning) is V(null) if it says nothing of it.
          type: dict
          returned: always
          sample:
            promiscuous_mode: inherit
            forged_transmits: inherit
            mac_changes: inherit
            mac_learning: null
        effective:
          description: What is in force.
          type: dict
          returned: always
          sample:
            promiscuous_mode: reject
            forged_transmits: reject
            mac_changes: reject
            mac_learning: null
        inherited_from:
          description: The switch that has the say in what isn't overridden, V(null) if nothing is inherited.
          type: str
          returned: always
          sample: vSwitch0
    after:
      description:
        - The policy after, with the keys of RV(objects[].before); as it was read back, or as planned in check mode.
        - V(null) if it couldn't be read.
      type: dict
      returned: always
      sample:
        override:
          promiscuous_mode: accept
          forged_transmits: accept
          mac_changes: inherit
          mac_learning: null
        effective:
          promiscuous_mode: accept
          forged_transmits: accept
          mac_changes: reject
          mac_learning: null
        inherited_from: vSwitch0
    legacy_policy:
      description: The flags of the deprecated C(securityPolicy) of a distributed one, where they say otherwise.
      type: dict
      returned: always
      sample: null
    shielded_ports:
      description:
        - The connected ports of a distributed portgroup that have a policy of their own. This one has no effect there.
      type: list
      elements: dict
      returned: always
      contains:
        key:
          description: Key of the port.
          type: str
          returned: always
          sample: "16"
        connected_to:
          description: The VM at this port.
          type: str
          returned: always
          sample: app-04
blast_radius:
  description: Whom each change reaches.
  returned: when all objects could be read
  type: list
  elements: dict
  contains:
    subject:
      description: The changed object.
      type: str
      returned: always
      sample: vSwitch vSwitch0 on esx01.example.com
    gains:
      description: What it accepts from now on, out of the three flags and V(mac_learning).
      type: list
      elements: str
      returned: always
      sample: [forged_transmits]
    losses:
      description: What it no longer accepts.
      type: list
      elements: str
      returned: always
      sample: []
    portgroups:
      description: Of a switch, the portgroups that inherit what is changed.
      type: list
      elements: str
      returned: always
      sample: [VM Network]
    vnics:
      description: The vNICs that are reached, shielded ports excepted.
      type: list
      elements: dict
      returned: always
      contains:
        vm:
          description: Name of the VM.
          type: str
          returned: always
          sample: app-01
        vnic:
          description: Label of the vNIC.
          type: str
          returned: always
          sample: Network adapter 1
        portgroup:
          description: Its portgroup.
          type: str
          returned: always
          sample: VM Network
        host:
          description: The host that the VM runs on.
          type: str
          returned: always
          sample: esx01.example.com
        nested:
          description: Whether the VM looks like a nested hypervisor.
          type: bool
          returned: always
          sample: false
        powered_on:
          description: Whether the VM is powered on.
          type: bool
          returned: always
          sample: true
        gains:
          description: What it may do from now on.
          type: list
          elements: str
          returned: always
          sample: [forged_transmits]
        losses:
          description: What it may no longer do.
          type: list
          elements: str
          returned: always
          sample: []
consistency:
  description:
    - Whether all hosts of a cluster agree on a standard portgroup or vSwitch of this name, those outside of the task
      included. Where they don't, a VM may lose its network by vMotion.
  returned: when all objects could be read
  type: list
  elements: dict
  contains:
    name:
      description: Name of the portgroup or vSwitch.
      type: str
      returned: always
      sample: Nested
    cluster:
      description: The cluster.
      type: str
      returned: always
      sample: Compute
    consistent:
      description: Whether every host that could be read has it, with the same flags in force.
      type: bool
      returned: always
      sample: true
    policies:
      description: The flags in force, and the hosts where they are.
      type: list
      elements: dict
      returned: always
      sample:
        - effective:
            promiscuous_mode: accept
            forged_transmits: accept
            mac_changes: reject
          hosts: [esx01.example.com, esx02.example.com]
    missing_on:
      description: The hosts that don't have it.
      type: list
      elements: str
      returned: always
      sample: []
    unknown_on:
      description: The hosts that couldn't be read.
      type: list
      elements: str
      returned: always
      sample: []
rolled_back:
  description: The objects that were changed and, because of O(rollback), changed back.
  returned: when all objects could be read
  type: list
  elements: str
  sample: []
left_out:
  description: The hosts that were left out, because of O(on_missing=skip) or O(on_unreachable=skip).
  returned: when all objects could be read
  type: list
  elements: dict
  contains:
    host:
      description: The host.
      type: str
      returned: always
      sample: esx02.example.com
    name:
      description: What it doesn't have; empty if all of the host is left out.
      type: str
      returned: always
      sample: Nested
    reason:
      description: Why.
      type: str
      returned: always
      sample: no such portgroup
restore:
  description: The value for O(restore) that takes this run back.
  returned: when all objects could be read
  type: list
  elements: dict
  sample:
    - type: portgroup
      name: Nested
      switch: vSwitch0
      host: esx01.example.com
      legacy_policy: false
      promiscuous_mode: inherit
      forged_transmits: inherit
applied:
  description: The objects that were changed, read back, and found as promised.
  returned: when all objects could be read
  type: list
  elements: str
  sample: [portgroup Nested on esx01.example.com]
failed_changes:
  description: The objects whose change failed, or turned out otherwise than promised, with the error and the state.
  returned: when all objects could be read
  type: list
  elements: dict
  contains:
    subject:
      description: The object.
      type: str
      returned: always
      sample: portgroup Nested on esx01.example.com
    msg:
      description: What went wrong.
      type: str
      returned: always
    found:
      description: Its policy as it was read afterwards, V(null) if it couldn't be.
      type: dict
      returned: always
untouched:
  description: The objects that were not begun, because O(max_failures) others had failed.
  returned: when all objects could be read
  type: list
  elements: str
  sample: []
"""

import typing as t
from collections.abc import Mapping

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import InvalidOption
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy import restore as policy_restore
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.choice import Otherwise, Target
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import Wish
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.policy_plan import (
    Request,
    plan_policies,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.report import report
from ansible_collections.macguard.vsphere.plugins.module_utils._module.argspec import MANY, ArgumentSpec, check_said
from ansible_collections.macguard.vsphere.plugins.module_utils._module.policy_options import (
    AREA,
    OTHERWISE,
    POLICY,
    area,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._module.runner import run_plan
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.policy.gateway import NetworkGateway

SPEC = (
    POLICY.merge(AREA).merge(MANY).merge(ArgumentSpec(options={"on_missing": OTHERWISE, "on_unreachable": OTHERWISE}))
)


def request(params: Mapping[str, t.Any]) -> Request:
    """Returns what the options ask for; raises InvalidOption where they contradict each other."""
    if params["restore"] is not None:
        return policy_restore.request(params["restore"])
    # required_one_of takes a null for given.
    if params["type"] is None or params["names"] is None:
        raise InvalidOption("Say what is meant, with type and names.")
    check_said(params, ("switch",))
    names = [] if params["hosts"] == [] else params["names"]
    kind, wish, switch = Kind(params["type"]), Wish.of(params), params["switch"] or ""
    wish.check(kind, flag_by_flag=kind.is_standard or params["legacy_policy"])
    return Request(
        kind=kind,
        targets=tuple(Target(name=name, wish=wish, switch=switch) for name in dict.fromkeys(names)),
        area=area(params),
        on_missing=Otherwise(params["on_missing"]),
        on_unreachable=Otherwise(params["on_unreachable"]),
        legacy=params["legacy_policy"],
    )


def main() -> None:
    run_plan(
        SPEC, request=request, gateway=NetworkGateway, plan=plan_policies, restore=policy_restore.entries, report=report
    )


if __name__ == "__main__":
    main()
