#!/usr/bin/python
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Move vNICs to another portgroup."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vnic_portgroup
short_description: Move virtual machines' vNICs to another portgroup without changing their MACs
version_added: 0.1.0
author:
  - macguard.vsphere contributors (@macguard)
description:
  - Connects vNICs to another portgroup, standard or distributed, and changes nothing else. The edit carries the whole
    device as vSphere has it, MAC included; an edit that leaves the MAC out makes vCenter assign another one.
  - Many vNICs of many VMs in one task. First all are read and judged; if one must not be moved, nothing is changed,
    and the error says why for each (see O(on_refused)).
  - Refuses a vNIC whose MAC isn't pinned (see O(require_pinned)), whose MAC another VM or template has, that has
    drifted, or of which that isn't known, while the target rejects MAC changes (its port would be blocked), whose
    host doesn't have the target, or for which the target has no port left. Refuses uplink and NSX portgroups.
  - Leaves alone templates, suspended, disconnected and fault tolerant VMs, VMs that an extension manages, VMs of which
    vSphere itself refuses edits at the moment, and SR-IOV vNICs of running VMs. They are reported as V(skipped).
  - After the edit, each vNIC is read back. MAC, type, network and connection must be as promised, the MAC in use as
    before, the port not blocked, and vCenter must not have told of a changed MAC. Anything else is a failure, and no
    further VMs are begun after O(max_failures) of them.
options:
  vnics:
    description:
      - Which vNICs of these VMs, each by label (V(Network adapter 1)), MAC in any notation, device key (V(4000)),
        position counted from 1, or V(all).
      - An entry that hits no vNIC of any VM in the scope is an error. VMs that have no such vNIC are left alone.
      - With O(portgroup), only vNICs that are connected to it are moved.
    type: list
    elements: str
    default: [all]
  target:
    description: The portgroup to connect to, by name.
    type: str
  target_switch:
    description:
      - Only a portgroup on this switch, standard or distributed.
      - Needed where distributed switches have portgroups of the same name.
    type: str
  target_type:
    description:
      - Only a standard (V(portgroup)) or a distributed (V(dvportgroup)) portgroup.
      - Needed where a standard and a distributed portgroup have the same name.
    type: str
    choices: [portgroup, dvportgroup]
  require_pinned:
    description:
      - Refuse vNICs whose MAC isn't static, since vCenter may replace an automatic MAC with any edit. Pin them with
        M(macguard.vsphere.vnic_mac_pin) first.
      - With V(false), automatic MACs are moved too as long as they are out of the range of their type. An automatic MAC
        out of another range is refused all the same; that is the kind that vCenter replaces.
    type: bool
    default: true
  assume_pinned:
    description:
      - Judge the vNICs as if their MACs were static, whatever O(require_pinned) says. For check mode, to preview a move
        that follows M(macguard.vsphere.vnic_mac_pin) while nothing is pinned yet. A vNIC that still isn't pinned when
        it comes to the write is not moved but fails.
    type: bool
    default: false
  allow_unknown:
    description:
      - Move also vNICs of which it is not known for certain whether they have drifted, to a target that rejects MAC
        changes. If they have, their port is blocked, now or at the next vMotion.
      - Without VMware Tools, that is never certain on a standard switch. Switching the VM off settles it as well.
      - A vNIC that is known to have drifted is refused all the same.
    type: bool
    default: false
  on_refused:
    description: Whether one refused vNIC stops the task before the first change, or only is left out.
    type: str
    choices: [fail, skip]
    default: fail
  on_snapshots:
    description:
      - What to do with VMs that have snapshots. A revert to one brings back the portgroup of then.
      - V(warn) changes them and names them in a warning, V(fail) refuses them.
    type: str
    choices: [warn, fail]
    default: warn
  restore:
    description:
      - What an earlier run returned as RV(restore). Moves these vNICs back to where they were.
      - Excludes the options that choose VMs, vNICs and the target. O(require_pinned) doesn't count here; all else that
        speaks against a move does.
    type: list
    elements: dict
    suboptions:
      vm:
        description: Managed object id of the VM.
        type: str
        required: true
      name:
        description: What the VM was called, for people.
        type: str
      vnics:
        description: Its vNICs as they were.
        type: list
        elements: dict
        required: true
        suboptions:
          key:
            description: Device key.
            type: int
            required: true
          label:
            description: Label, for people.
            type: str
          portgroup:
            description: Name of the portgroup.
            type: str
            required: true
          portgroup_id:
            description: Managed object id of the portgroup.
            type: str
            required: true
          type:
            description: Kind of the portgroup.
            type: str
            choices: [standard, distributed]
            required: true
          switch:
            description: Name of the distributed switch, for people.
            type: str
extends_documentation_fragment:
  - macguard.vsphere.vsphere
  - macguard.vsphere.scope
  - macguard.vsphere.many
  - macguard.vsphere.attributes
notes:
  - At least one option of the scope is needed, or O(restore). An empty list of O(vms) means no VM.
  - "Privileges: C(VirtualMachine.Config.EditDevice) on the VMs, C(Network.Assign) on the target, and read access to
    everything that may hold a MAC."
  - A revert to a snapshot that was taken before restores the former portgroup; see O(on_snapshots).
seealso:
  - module: macguard.vsphere.vnic_mac_pin
  - module: macguard.vsphere.mac_drift_facts
"""

EXAMPLES = r"""
- name: Pin everything on a portgroup
  macguard.vsphere.vnic_mac_pin:
    portgroup: dv-staging

- name: Then move it
  macguard.vsphere.vnic_portgroup:
    portgroup: dv-staging
    target: dv-production
  register: moved

- name: Move one vNIC from a standard to a distributed portgroup of the same name
  macguard.vsphere.vnic_portgroup:
    vms: [web-02]
    vnics: [Network adapter 2]
    target: Production
    target_type: dvportgroup

- name: Move everything back
  macguard.vsphere.vnic_portgroup:
    restore: "{{ moved.restore }}"
"""

RETURN = r"""
vnics:
  description: Every chosen vNIC, with what became of it; in check mode, with what would become of it.
  returned: when the VMs could be read
  type: list
  elements: dict
  contains:
    vm:
      description: Name of the VM.
      type: str
      returned: always
      sample: web-01
    moid:
      description: Managed object id of the VM.
      type: str
      returned: always
      sample: vm-42
    key:
      description: Device key of the vNIC.
      type: int
      returned: always
      sample: 4000
    label:
      description: Label of the vNIC.
      type: str
      returned: always
      sample: Network adapter 1
    mac:
      description: Its configured MAC, which stays.
      type: str
      returned: always
      sample: 00:50:56:86:01:01
    address_type:
      description: Who decides the MAC.
      type: str
      returned: always
      sample: manual
    portgroup:
      description: The portgroup that it is connected to; the target where it is to be moved.
      type: str
      returned: always
      sample: dv-production
    outcome:
      description:
        - V(moved) or V(restored) if it was changed; V(already) if there was nothing to do.
        - V(refused) and V(skipped) for RV(vnics[].reason).
        - V(failed) with vSphere's fault in RV(vnics[].reason); V(untouched) if others had failed before.
      type: str
      returned: always
      sample: moved
    reason:
      description: Why it was not changed.
      type: str
      returned: always
      sample: a template takes no device edit, and its MACs are copied into clones
    note:
      description: What to know about it besides.
      type: str
      returned: always
      sample: Whether it has drifted is not known; lax accepts MAC changes.
    check_mac_address:
      description: Always V(null), since a move neither reads nor changes it; see M(macguard.vsphere.vnic_mac_pin).
      type: bool
      returned: always
      sample: null
summary:
  description: How many vNICs came to which end.
  returned: when the VMs could be read
  type: dict
  sample: {"moved": 3, "skipped": 1}
restore:
  description: The value for O(restore) that undoes this run.
  returned: when the VMs could be read
  type: list
  elements: dict
  sample:
    - vm: vm-42
      name: VM web-01
      vnics:
        - key: 4000
          label: Network adapter 1
          portgroup: dv-staging
          portgroup_id: dvportgroup-21
          type: distributed
          switch: dvs-lab
applied:
  description: The VMs that were changed, read back, and found as promised.
  returned: when the VMs could be read
  type: list
  elements: str
  sample: [VM web-01]
failed_changes:
  description: The VMs whose change failed, or turned out otherwise than promised, with the error and what was found.
  returned: when the VMs could be read
  type: list
  elements: dict
  contains:
    subject:
      description: The VM.
      type: str
      returned: always
      sample: VM web-01
    msg:
      description: What went wrong.
      type: str
      returned: always
    found:
      description: Its vNICs as they were read afterwards, V(null) if they couldn't be.
      type: raw
      returned: always
untouched:
  description: The VMs that were not begun, because O(max_failures) others had failed.
  returned: when the VMs could be read
  type: list
  elements: str
  sample: []
"""

import typing as t
from collections.abc import Mapping

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic import restore
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.decision import report
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.move_plan import Request, plan
from ansible_collections.macguard.vsphere.plugins.module_utils._module.argspec import MANY, SCOPE, ArgumentSpec
from ansible_collections.macguard.vsphere.plugins.module_utils._module.runner import run_plan
from ansible_collections.macguard.vsphere.plugins.module_utils._module.vnic_options import (
    restored,
    scope_or_restore,
    target_or_restore,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic.gateway import VmGateway

SPEC = (
    SCOPE.merge(MANY)
    .merge(
        ArgumentSpec(
            options={
                "target": {"type": "str"},
                "target_switch": {"type": "str"},
                "target_type": {"type": "str", "choices": ["portgroup", "dvportgroup"]},
                "require_pinned": {"type": "bool", "default": True},
                "assume_pinned": {"type": "bool", "default": False},
                "allow_unknown": {"type": "bool", "default": False},
            },
            mutually_exclusive=(("restore", "target"), ("restore", "target_switch"), ("restore", "target_type")),
            required_one_of=(("target", "restore"),),
        )
    )
    .merge(
        restored(
            portgroup={"type": "str", "required": True},
            portgroup_id={"type": "str", "required": True},
            type={"type": "str", "choices": ["standard", "distributed"], "required": True},
            switch={"type": "str"},
        )
    )
)


def request(params: Mapping[str, t.Any]) -> Request:
    """Returns what the options ask for."""
    entries = params["restore"]
    return Request(
        target=target_or_restore(params),
        scope=scope_or_restore(params),
        vnics=tuple(params["vnics"]),
        restored=None if entries is None else restore.read_networks(entries),
        require_pinned=params["require_pinned"],
        assume_pinned=params["assume_pinned"],
        allow_unknown=params["allow_unknown"],
        go_on_if_refused=params["on_refused"] == "skip",
        refuse_snapshots=params["on_snapshots"] == "fail",
    )


def main() -> None:
    run_plan(SPEC, request=request, gateway=VmGateway, plan=plan, restore=restore.networks, report=report)


if __name__ == "__main__":
    main()
