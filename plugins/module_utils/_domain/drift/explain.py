# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Findings in words: one sentence on what is the matter and what will follow, one on what to run."""

from __future__ import annotations

from ..mac import classify
from ..model import NetworkKind, Setting, Source
from ..wording import few
from .finding import AtRisk, Finding, Reason, Verdict

_SEEN_BY = {
    Source.DVPORT: "its distributed port",
    Source.STANDARD_PORT: "the host's port list",
    Source.GUEST: "VMware Tools in the guest",
}

_REASONS = {
    Reason.TEMPLATE: "a template has no runtime MAC",
    Reason.POWERED_OFF: "the VM is powered off, so there is no runtime MAC; it will start with the configured one",
    Reason.SUSPENDED: "the VM is suspended, and what MAC its guest uses shows only after it is resumed",
    Reason.UNREACHABLE: "vCenter has no connection to the VM or its host",
    Reason.NO_MAC: "vSphere has not assigned a MAC yet",
    Reason.DISCONNECTED: "the vNIC is disconnected, so it has no port, and the guest doesn't tell",
    Reason.PASSTHROUGH: "an SR-IOV vNIC has no virtual port, and its guest and its virtual function may differ",
    Reason.NO_SOURCE: "no source shows which MAC is in use",
}

_REASON_REMEDIES = {
    Reason.TEMPLATE: "Nothing to do.",
    Reason.POWERED_OFF: "Nothing to do.",
    Reason.SUSPENDED: "Resume the VM and run macguard.vsphere.mac_drift_facts again.",
    Reason.UNREACHABLE: "Reconnect the host or the VM and run macguard.vsphere.mac_drift_facts again.",
    Reason.NO_MAC: "Power the VM on once, or give it a MAC with macguard.vsphere.vnic_mac_pin.",
    Reason.DISCONNECTED: "Read the MAC in the guest before you connect the vNIC or move it.",
    Reason.PASSTHROUGH: "Compare the MAC in the guest with the configured one yourself.",
    Reason.NO_SOURCE: "Start VMware Tools in the guest and run macguard.vsphere.mac_drift_facts again, or look there.",
}


def explanation(finding: Finding) -> str:
    """Returns one sentence: what is the matter and why, and what it will lead to."""
    if finding.verdict is Verdict.UNKNOWN:
        note = f" ({finding.note})" if finding.note else ""
        reason = _REASONS[finding.reason or Reason.NO_SOURCE]
        mac = finding.vnic.mac or "the one that it will be given"
        return f"Unknown whether the MAC in use is {mac}: {reason}{note}.{_blocked_besides(finding)}"
    if finding.verdict is Verdict.MATCH:
        return f"The configured MAC {finding.vnic.mac} is in use, says {_seen_by(finding)}.{_blocked_besides(finding)}"
    probably = "probably " if finding.verdict is Verdict.PROBABLE else ""
    return (
        f"The configuration says {finding.vnic.mac}, but the guest {probably}uses {finding.in_use} "
        f"(seen by {_seen_by(finding)}), {_consequence(finding)}."
    )


def remedy(finding: Finding) -> str:
    """Returns one sentence: what to run."""
    if finding.verdict is Verdict.UNKNOWN:
        return _REASON_REMEDIES[finding.reason or Reason.NO_SOURCE]
    if finding.verdict is Verdict.MATCH:
        return "Find out who blocked the port, and unblock it." if finding.blocked else "Nothing to do."
    keep = f"{_keeping(finding)}; to go over to {finding.vnic.mac}, run it with keep: configured and power-cycle the VM"
    if finding.at_risk is AtRisk.NEXT_PORT_CONNECT:
        return f"{keep}; until then, keep the VM from being migrated, moved or disconnected."
    return f"{keep}."


def _keeping(finding: Finding) -> str:
    """Once the VM is off, nothing tells any more which MAC was in use, so it has to be named."""
    runtime = finding.runtime_mac
    pin = "power the VM off and run macguard.vsphere.vnic_mac_pin with"
    if runtime is None:
        return f"To keep the MAC in use, {finding.in_use}, read it in the guest, {pin} mac: and that address"
    powers_on = classify(runtime).powers_on
    reserved = "" if powers_on else " and allow_reserved_range: true"
    refused = " (hosts refuse to power on with it, unless check_mac_address: false helps)" if powers_on is False else ""
    return f"To keep {runtime}, {pin} mac: {runtime}{reserved}{refused}"


def _seen_by(finding: Finding) -> str:
    return _SEEN_BY[finding.source] if finding.source else "nobody"


def _blocked_besides(finding: Finding) -> str:
    return " Its port is blocked, though not for another MAC that anyone sees." if finding.blocked else ""


def _consequence(finding: Finding) -> str:
    where = _where(finding)
    if finding.at_risk is AtRisk.BLOCKED_NOW:
        return f"and {where} has blocked the port: the vNIC is cut off"
    if finding.at_risk is AtRisk.NEXT_POWER_CYCLE:
        return f"which {where} accepts, but the next power cycle brings the guest up with {finding.vnic.mac}"
    if finding.rejected_on and finding.policy and finding.policy.mac_changes is Setting.ACCEPT:
        hosts = few(finding.rejected_on)
        return f"which {where} accepts here, but rejects on {hosts}: a vMotion there will block the port"
    rejects = f"{where} rejects MAC changes" if finding.policy else f"the policy of {where} can't be read"
    if finding.policy and finding.policy.mac_changes is Setting.INHERIT:
        rejects = f"whether {where} accepts MAC changes isn't known"
    return f"and {rejects}: the next vMotion, reconnect or portgroup move will block the port"


def _where(finding: Finding) -> str:
    network = finding.vnic.network
    if network.kind is NetworkKind.NONE:
        return "its network"
    return f"portgroup {network.name}"
