#!/usr/bin/python
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pin the MAC addresses of vNICs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vnic_mac_pin
short_description: Pin the MAC addresses of virtual machines' vNICs
version_added: 0.1.0
author:
  - macguard.vsphere contributors (@macguard)
description:
  - Makes the MAC of a vNIC static (type C(manual)), so that neither vCenter nor a host replaces it later. By default
    the vNIC keeps the MAC that it has.
  - Many vNICs of many VMs in one task. First all are read and judged; if one must not be pinned, nothing is changed,
    and the error says why for each (see O(on_refused)).
  - Refuses what would do harm later. That is, a MAC that another VM or template has, a MAC out of a range with which
    hosts don't power on, another MAC for a running VM, and a vNIC that has drifted, as long as O(keep) doesn't say
    which of its two MACs is the right one.
  - Leaves alone templates, suspended, disconnected and fault tolerant VMs, VMs that an extension manages, VMs of which
    vSphere itself refuses edits at the moment, and SR-IOV vNICs of running VMs. They are reported as V(skipped).
  - After the edit, each vNIC is read back and compared with the promise, and so are the MAC in use and the state of the
    port.
options:
  vnics:
    description:
      - Which vNICs of these VMs, each by label (V(Network adapter 1)), MAC in any notation, device key (V(4000)),
        position counted from 1, or V(all).
      - An entry that hits no vNIC of any VM in the scope is an error. VMs that have no such vNIC are left alone.
      - With O(portgroup), only vNICs that are connected to it are looked at.
    type: list
    elements: str
    default: [all]
  state:
    description:
      - V(pinned) makes the MACs static.
      - V(unpinned) gives them back to vCenter (type C(assigned)). That is refused for a MAC out of any other range than
        this vCenter's own, since vCenter would replace it sooner or later. O(restore) gives back any former type.
    type: str
    choices: [pinned, unpinned]
    default: pinned
  mac:
    description:
      - V(keep) pins the MAC that the vNIC has.
      - An address, in any usual notation, is for one vNIC and needs the VM to be off.
    type: str
    default: keep
  keep:
    description:
      - Which MAC to pin if the configured one and the one in use differ. If not given, such a vNIC is refused.
      - V(configured) pins the one that the next port connect or power-on loads. Until then the guest uses the other.
      - V(runtime) pins the one in use. That is a change of the MAC, so it can't be done while the VM runs; and once it
        is off, nothing tells any more which one was in use. So the vNIC is refused or pending, and
        RV(vnics[].reason) names the address for O(mac).
    type: str
    choices: [configured, runtime]
  powered_on:
    description:
      - What to do with vNICs of running VMs. Only the type would change, but no document says for sure whether vSphere
        takes that (the playbook C(macguard.vsphere.canary) finds out).
      - V(attempt) tries, and reports it as failed if vSphere refuses.
      - V(pending) doesn't try, and reports them as V(pending_power_off).
      - V(fail) refuses them.
    type: str
    choices: [attempt, pending, fail]
    default: attempt
  allow_reserved_range:
    description:
      - Pin also MACs out of VMware's ranges V(00:50:56:40) to V(7f), V(00:50:56:c0) to V(ff) and V(00:0c:29), and give
        a vNIC a new one out of V(00:50:56:80) to V(bf). Hosts refuse some of these when the VM is powered on, long
        after the edit has worked.
      - A MAC out of V(00:50:56:80) to V(bf), vCenter's own range, may be pinned where it is without this.
    type: bool
    default: false
  check_mac_address:
    description:
      - Whether hosts check the pinned MACs when they power the VM on.
      - V(false) writes C(ethernetN.checkMACAddress = "FALSE") into the VM's advanced settings, in the same edit, for
        each pinned vNIC with a MAC out of the ranges of O(allow_reserved_range), which has to be V(true). The host then
        shouldn't refuse that MAC. VMware documents neither the setting nor that vCenter takes it this way.
      - Refused for SR-IOV vNICs, which have no such setting.
      - V(true) leaves the setting as it is. O(restore) takes back what V(false) wrote, O(state=unpinned) doesn't.
    type: bool
    default: true
  on_refused:
    description: Whether one refused vNIC stops the task before the first change, or only is left out.
    type: str
    choices: [fail, skip]
    default: fail
  on_snapshots:
    description:
      - What to do with VMs that have snapshots. A revert to one brings back the MAC and type of then.
      - V(warn) changes them and names them in a warning, V(fail) refuses them.
    type: str
    choices: [warn, fail]
    default: warn
  restore:
    description:
      - What an earlier run returned as RV(restore). Gives these vNICs their former type and MAC back, and nothing else.
      - Excludes the options that choose VMs, vNICs or MACs.
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
          mac:
            description: The MAC; empty for a vNIC that had none, which is skipped.
            type: str
            required: true
          address_type:
            description: Who decided it.
            type: str
            choices: [manual, assigned, generated]
            required: true
          check_mac_address:
            description: Whether hosts check the MAC at power-on; left as it is if not given.
            type: bool
extends_documentation_fragment:
  - macguard.vsphere.vsphere
  - macguard.vsphere.scope
  - macguard.vsphere.many
  - macguard.vsphere.attributes
notes:
  - At least one option of the scope is needed, or O(restore). An empty list of O(vms) means no VM.
  - "Privileges: C(VirtualMachine.Config.EditDevice) on the VMs, and read access to everything that may hold a MAC.
    With O(check_mac_address=false), and to restore what it wrote, C(VirtualMachine.Config.AdvancedConfig) as well."
  - A revert to a snapshot that was taken before restores the former type and MAC; see O(on_snapshots).
seealso:
  - module: macguard.vsphere.mac_drift_facts
  - module: macguard.vsphere.vnic_portgroup
  - ref: ansible_collections.macguard.vsphere.docsite.guide_pinned_macs
    description: What other tools do to a pinned MAC.
"""

EXAMPLES = r"""
- name: Pin every MAC on a portgroup before it is touched
  macguard.vsphere.vnic_mac_pin:
    portgroup: dv-staging

- name: Pin one vNIC of two VMs, wait for the next power-off where they run
  macguard.vsphere.vnic_mac_pin:
    vms: [web-01, DC1/vm/prod/web/web-02]
    vnics: [Network adapter 1]
    powered_on: pending

- name: Give a VM that is off the address that its licence names
  macguard.vsphere.vnic_mac_pin:
    vms: [lic-01]
    vnics: ["1"]
    mac: 0050.5612.3456

- name: Undo an earlier run
  macguard.vsphere.vnic_mac_pin:
    restore: "{{ pinned.restore }}"
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
      description: Its configured MAC; the wanted one where it is to be written.
      type: str
      returned: always
      sample: 00:50:56:86:01:01
    address_type:
      description: Its type; the wanted one where it is to be written.
      type: str
      returned: always
      sample: manual
    portgroup:
      description: The portgroup that it is connected to.
      type: str
      returned: always
      sample: dv-staging
    outcome:
      description:
        - V(pinned), V(unpinned) or V(restored) if it was changed; V(already) if there was nothing to do.
        - V(pending_power_off) if it can be done while the VM is off; V(refused) and V(skipped) for RV(vnics[].reason).
        - V(failed) with vSphere's fault in RV(vnics[].reason); V(untouched) if others had failed before.
      type: str
      returned: always
      sample: pinned
    reason:
      description: Why it was not changed.
      type: str
      returned: always
      sample: a template takes no device edit, and its MACs are copied into clones
    note:
      description: What to know about it besides.
      type: str
      returned: always
      sample: "It has drifted: it is using 00:50:56:86:66:66 until the next power cycle."
    check_mac_address:
      description:
        - Whether hosts check its MAC at power-on; as wanted where it is to be written.
        - V(null) if neither O(check_mac_address) nor O(restore) made the module read that, or where it can't be said.
      type: bool
      returned: always
      sample: null
summary:
  description: How many vNICs came to which end.
  returned: when the VMs could be read
  type: dict
  sample: {"pinned": 3, "skipped": 1}
restore:
  description: The value for O(restore) that undoes this run.
  returned: when the VMs could be read
  type: list
  elements: dict
  sample:
    - vm: vm-42
      name: VM web-01
      vnics: [{"key": 4000, "label": "Network adapter 1", "mac": "00:50:56:86:01:01", "address_type": "assigned"}]
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
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.pin import Keep, PoweredOn, Rules, State
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.pin_plan import Request, plan
from ansible_collections.macguard.vsphere.plugins.module_utils._module.argspec import MANY, SCOPE, ArgumentSpec
from ansible_collections.macguard.vsphere.plugins.module_utils._module.runner import run_plan
from ansible_collections.macguard.vsphere.plugins.module_utils._module.vnic_options import (
    address_to_pin,
    restored,
    scope_or_restore,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic.gateway import VmGateway

SPEC = (
    SCOPE.merge(MANY)
    .merge(
        ArgumentSpec(
            options={
                "state": {"type": "str", "choices": ["pinned", "unpinned"], "default": "pinned"},
                "mac": {"type": "str", "default": "keep"},
                "keep": {"type": "str", "choices": ["configured", "runtime"]},
                "powered_on": {"type": "str", "choices": ["attempt", "pending", "fail"], "default": "attempt"},
                "allow_reserved_range": {"type": "bool", "default": False},
                "check_mac_address": {"type": "bool", "default": True},
            },
            mutually_exclusive=(("restore", "keep"),),
        )
    )
    .merge(
        restored(
            mac={"type": "str", "required": True},
            address_type={"type": "str", "choices": ["manual", "assigned", "generated"], "required": True},
            check_mac_address={"type": "bool"},
        )
    )
)


def request(params: Mapping[str, t.Any]) -> Request:
    """Returns what the options ask for; raises InvalidOption where they contradict each other."""
    entries = params["restore"]
    return Request(
        scope=scope_or_restore(params),
        vnics=tuple(params["vnics"]),
        rules=Rules(
            state=State(params["state"]),
            mac=address_to_pin(params["mac"]),
            keep=Keep(params["keep"]) if params["keep"] else None,
            powered_on=PoweredOn(params["powered_on"]),
            allow_reserved_range=params["allow_reserved_range"],
            check_mac_address=params["check_mac_address"],
            restored=None if entries is None else restore.read_addresses(entries),
        ),
        go_on_if_refused=params["on_refused"] == "skip",
        refuse_snapshots=params["on_snapshots"] == "fail",
    )


def main() -> None:
    run_plan(SPEC, request=request, gateway=VmGateway, plan=plan, restore=restore.addresses, report=report)


if __name__ == "__main__":
    main()
