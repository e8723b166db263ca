# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts to make reports of: a lab's, as the module returns them, and of an estate of any size."""

from __future__ import annotations

import json
import typing as t

import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.audit import Request, audit
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.drift.report import Report
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.scope import Scope
from ansible_collections.macguard.vsphere.plugins.module_utils._module.result import as_result
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.audit_reader import AuditReader
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.session import Options, Session

Facts = dict[str, t.Any]
USER, PASSWORD = "administrator@vsphere.local", "VMware1!"


def audited(lab: vsphere_lab.Lab, report: Report = Report.ALL) -> Facts:
    """Returns what mac_drift_facts would, through JSON as Ansible passes it on."""
    options = Options(hostname="vcenter.example.com", username=USER, password=PASSWORD)
    reader = AuditReader(Session(lab.connect(USER, PASSWORD), options))
    facts: Facts = json.loads(json.dumps(as_result(audit(Request(scope=Scope(), report=report), reader))))
    return facts


def named(facts: Facts, name: str) -> Facts:
    """Returns the facts with a VM, a portgroup and a host of that name, and a user and a message in an event."""
    entries = [dict(entry) for entry in facts["vnics"]]
    finding = next(entry for entry in entries if entry["events"])
    finding.update(vm=name, portgroup=name, host=name, cluster=name, switch=name)
    finding["explanation"] = f"{name} {finding['explanation']}"
    finding["events"] = [{**event, "user": name, "message": name} for event in finding["events"]]
    return {**facts, "vnics": entries, "server": {**facts["server"], "name": name}}


def multiplied(facts: Facts, vnics: int, every: int) -> Facts:
    """Returns an estate of that many vNICs, one of `every` with a finding, made of those in the facts."""
    findings = [entry for entry in facts["vnics"] if entry["finding"]]
    fine = [entry for entry in facts["vnics"] if not entry["finding"]]
    entries = []
    for number in range(vnics):
        kind = findings if number % every == 0 else fine
        host = number % 128
        mac = f"00:50:56:86:{number >> 8 & 255:02x}:{number & 255:02x}"
        model = kind[number % len(kind)]
        changed = {
            "vm": f"vm-{number:05d}",
            "moid": f"vm-{number}",
            "host": f"esx{host:03d}",
            "cluster": f"c{host // 16}",
        }
        texts = {
            name: str(model[name]).replace(str(model["configured_mac"]), mac) for name in ("explanation", "remedy")
        }
        entries.append({**model, **changed, **texts, "configured_mac": mac})
    counts = {**facts["counts"], "vnics": vnics, "findings": sum(entry["finding"] for entry in entries)}
    return {**facts, "vnics": entries, "vms": vnics, "counts": counts}
