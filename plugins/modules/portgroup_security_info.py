#!/usr/bin/python
# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the security policy of portgroups and switches with a hardening guide."""

from __future__ import annotations

DOCUMENTATION = r"""
module: portgroup_security_info
short_description: Compare the security policy of portgroups and switches with a hardening guide
version_added: 0.1.0
author:
  - macguard.vsphere contributors (@macguard)
description:
  - Reports every standard and distributed portgroup and switch against a baseline, with the baseline's own control ids.
  - Looks at the effective policy, inheritance resolved, and at both policies of distributed switches, since no source
    settles which of them a host follows. C(macManagementPolicy), which is in force, and the deprecated
    C(securityPolicy), which most audit scripts read, must both reject.
  - Where the guide says so (V(stig_8), V(vcf_9)), a standard portgroup that overrides its vSwitch's policy is a finding
    by itself, even if the override is to reject.
  - What is accepted on purpose, such as the portgroup of nested hypervisors, is given as O(exceptions) with a reason.
options:
  baseline:
    description:
      - The guide to compare with. RV(baseline.source) tells where its ids are from.
      - V(scg_7), V(scg_8) and V(scg_9) are VMware's Security Configuration Guides for vSphere 7, 8 and 9.
      - V(stig_7) and V(stig_8) are the STIGs for vSphere 7.0 and 8.0, V(vcf_9) is the STIG Readiness Guide for VMware
        Cloud Foundation 9.x.
      - V(cis_7) and V(cis_8) are the CIS Benchmarks for ESXi 7.0 and 8.0. They say nothing of distributed switches.
    type: str
    required: true
    choices: [cis_7, cis_8, scg_7, scg_8, scg_9, stig_7, stig_8, vcf_9]
  types:
    description: What to look at.
    type: list
    elements: str
    choices: [portgroup, vswitch, dvportgroup, dvswitch]
    default: [portgroup, vswitch, dvportgroup, dvswitch]
  hosts:
    description:
      - Only these hosts, by name or managed object id, and the distributed switches that one of them is a member of.
        An empty list means none.
    type: list
    elements: str
  cluster:
    description: Only the hosts of this cluster, and the distributed switches that one of them is a member of.
    type: str
  datacenter:
    description: Only what is in this datacenter.
    type: str
  exceptions:
    description:
      - What is accepted although the baseline demands otherwise.
      - An entry covers what all of its fields fit. The first that covers a failure turns it into an exception.
    type: list
    elements: dict
    default: []
    suboptions:
      reason:
        description: Why it is accepted. It is part of the finding.
        type: str
        required: true
      controls:
        description:
          - The ids of the controls, as in RV(findings[].control) or RV(findings[].alias).
          - If not given, all; an empty list means none.
        type: list
        elements: str
      type:
        description: Only objects of this type.
        type: str
        choices: [portgroup, vswitch, dvportgroup, dvswitch]
      name:
        description: Only objects of this name; V(*) and V(?) are wildcards.
        type: str
        default: '*'
      switch:
        description: Only portgroups of this switch; V(*) and V(?) are wildcards.
        type: str
        default: '*'
      host:
        description: Only standard ones on this host; V(*) and V(?) are wildcards.
        type: str
        default: '*'
  report:
    description:
      - V(findings) lists what fails and what is excepted.
      - V(all) lists what passes and what doesn't apply, too.
    type: str
    choices: [findings, all]
    default: findings
extends_documentation_fragment:
  - macguard.vsphere.vsphere
  - macguard.vsphere.attributes
  - macguard.vsphere.attributes.info
notes:
  - "Privileges: a read-only account is enough."
  - Findings don't make the task fail. Test RV(summary) for that, together with RV(left_out).
seealso:
  - module: macguard.vsphere.portgroup_security
"""

EXAMPLES = r"""
- name: Compare all of a vCenter with the STIG
  macguard.vsphere.portgroup_security_info:
    baseline: stig_8
    exceptions:
      - reason: nested hypervisors, approved as CHG-1234
        name: Nested*
  register: audit

- name: Fail if anything isn't as demanded, or couldn't be read
  ansible.builtin.assert:
    that:
      - audit.summary.fail == 0
      - audit.left_out | length == 0
      - audit.unused_exceptions | length == 0
"""

RETURN = r"""
baseline:
  description: What was compared with.
  returned: success
  type: dict
  contains:
    name:
      description: As O(baseline).
      type: str
      returned: always
      sample: stig_8
    title:
      description: The guide's title.
      type: str
      returned: always
      sample: VMware vSphere 8.0 STIG
    source:
      description: Where its ids are from.
      type: str
      returned: always
      sample: github.com/vmware/dod-compliance-and-automation, vsphere/8.0/v2r3-stig
summary:
  description: How many objects were looked at, and how many findings came to which verdict.
  returned: success
  type: dict
  sample: {"objects": 14, "pass": 40, "fail": 2, "exception": 2, "not_applicable": 3}
findings:
  description: One for each object and control.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: The object, for people.
      type: str
      returned: always
      sample: portgroup Nested on esx01.example.com
    type:
      description: Its type, as in O(types).
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
    control:
      description: The baseline's id of the control.
      type: str
      returned: always
      sample: ESXI-80-000218
    alias:
      description: Another id of it, empty if there is none.
      type: str
      returned: always
      sample: V-258773
    severity:
      description: The baseline's severity, empty if it has none.
      type: str
      returned: always
      sample: medium
    demand:
      description: What is demanded.
      type: str
      returned: always
      sample: promiscuous mode is rejected
    verdict:
      description: V(pass), V(fail), V(exception) or V(not_applicable).
      type: str
      returned: always
      sample: fail
    found:
      description: What is there.
      type: str
      returned: always
      sample: accept, overridden
    reason:
      description: Why it fails, is excepted, or doesn't apply.
      type: str
      returned: always
      sample: it is accepted; the vSwitch's policy is overridden, which is a finding by itself
left_out:
  description: The hosts that couldn't be read. Nothing is known of them, so they haven't passed.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The host.
      type: str
      returned: always
      sample: esx02.example.com
    reason:
      description: Why.
      type: str
      returned: always
      sample: notResponding
unused_exceptions:
  description: The entries of O(exceptions) that cover nothing that fails. They are out of date, or misspelt.
  returned: success
  type: list
  elements: dict
  sample: []
"""

import typing as t
from collections.abc import Mapping

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.hardening.compliance import Exemption
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.hardening.report import (
    BASELINES,
    Request,
    report,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._module.argspec import ArgumentSpec
from ansible_collections.macguard.vsphere.plugins.module_utils._module.policy_options import AREA, TYPES, area
from ansible_collections.macguard.vsphere.plugins.module_utils._module.runner import run_facts
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.policy.reader import NetworkReader

EXCEPTION = {
    "reason": {"type": "str", "required": True},
    "controls": {"type": "list", "elements": "str"},
    "type": {"type": "str", "choices": TYPES},
    "name": {"type": "str", "default": "*"},
    "switch": {"type": "str", "default": "*"},
    "host": {"type": "str", "default": "*"},
}
SPEC = AREA.merge(
    ArgumentSpec(
        options={
            "baseline": {"type": "str", "required": True, "choices": sorted(BASELINES)},
            "types": {"type": "list", "elements": "str", "choices": TYPES, "default": TYPES},
            "exceptions": {"type": "list", "elements": "dict", "default": [], "options": EXCEPTION},
            "report": {"type": "str", "choices": ["findings", "all"], "default": "findings"},
        }
    )
)


def exemption(entry: Mapping[str, t.Any]) -> Exemption:
    return Exemption(
        reason=entry["reason"],
        controls=None if entry["controls"] is None else tuple(entry["controls"]),
        type=Kind(entry["type"]) if entry["type"] else None,
        **{name: entry[name] for name in ("name", "switch", "host")},
    )


def request(params: Mapping[str, t.Any]) -> Request:
    """Returns what the options ask for."""
    return Request(
        baseline=BASELINES[params["baseline"]],
        kinds=tuple(Kind(kind) for kind in params["types"]),
        area=area(params),
        exemptions=tuple(exemption(entry) for entry in params["exceptions"]),
        all_findings=params["report"] == "all",
    )


def main() -> None:
    run_facts(SPEC, request=request, reader=NetworkReader, facts=report)


if __name__ == "__main__":
    main()
