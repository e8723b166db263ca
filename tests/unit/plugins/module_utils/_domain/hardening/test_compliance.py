# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Portgroups and switches against a baseline."""

from __future__ import annotations

import dataclasses
import re
import typing as t

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.hardening.compliance import (
    Compliance,
    Exemption,
    Verdict,
    compliance,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.hardening.control import Rule
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.hardening.report import BASELINES
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    FLAGS,
    MacLearning,
    Security,
    Setting,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Holder, Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import Policy, PolicyState
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.reading import Reading, Traits

ACCEPT, REJECT = Setting.ACCEPT, Setting.REJECT
CLOSED = Policy(promiscuous_mode=REJECT, forged_transmits=REJECT, mac_changes=REJECT, mac_learning=MacLearning())
NOTHING = Policy()
PORTGROUP = Holder(kind=Kind.PORTGROUP, name="Nested", moid="host-1", host="esx01", switch="vSwitch0")
DVPORTGROUP = Holder(kind=Kind.DVPORTGROUP, name="dv-nested", moid="dvportgroup-1", switch="dvs-lab")


def standard(override: Policy = NOTHING, **fields: t.Any) -> Reading:
    parent = Policy.of(CLOSED.flags)
    state = PolicyState.under(parent, "vSwitch0", override)
    return Reading(holder=PORTGROUP, state=state, parent=parent, **fields)


def distributed(override: Policy = NOTHING, **fields: t.Any) -> Reading:
    state = PolicyState.under(CLOSED, "dvs-lab", override)
    return Reading(holder=DVPORTGROUP, state=state, parent=CLOSED, **fields)


def judged(baseline: str, reading: Reading, *exemptions: Exemption) -> Compliance:
    return compliance(BASELINES[baseline], [reading], exemptions)


def verdicts(baseline: str, reading: Reading, *exemptions: Exemption) -> dict[str, str]:
    return {each.control: each.verdict.value for each in judged(baseline, reading, *exemptions).findings}


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("reading", [standard(), distributed()], ids=["standard", "distributed"])
def test_what_rejects_by_inheritance_passes_everywhere(baseline: str, reading: Reading) -> None:
    assert set(verdicts(baseline, reading).values()) <= {"pass"}


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("baseline", BASELINES)
def test_each_flag_that_accepts_fails_its_own_control(baseline: str, flag: str) -> None:
    found = judged(baseline, standard(Policy.of(Security(**{flag: ACCEPT})))).findings
    (failed,) = [each for each in found if each.verdict is Verdict.FAIL]
    assert failed.demand == Rule[flag.upper()].value
    assert (failed.found, "it is accepted" in failed.reason) == ("accept, overridden", True)


@pytest.mark.parametrize(
    ("baseline", "fails"), [("stig_7", 0), ("scg_8", 0), ("cis_8", 0), ("stig_8", 3), ("vcf_9", 3)]
)
def test_override_to_reject_is_a_finding_only_from_stig_8_on(baseline: str, fails: int) -> None:
    reject = Policy.of(CLOSED.flags)
    assert list(verdicts(baseline, standard(reject)).values()).count("fail") == fails
    assert "fail" not in verdicts(baseline, distributed(CLOSED)).values(), "not so on distributed portgroups"


def test_deprecated_policy_that_accepts_is_a_finding_too() -> None:
    reading = distributed(legacy=Policy(forged_transmits=ACCEPT, promiscuous_mode=REJECT, mac_changes=REJECT))
    (failed,) = [each for each in judged("stig_8", reading).findings if each.verdict is Verdict.FAIL]
    assert failed.control == "VCSA-80-000268"
    assert "deprecated securityPolicy" in failed.reason


def test_flag_that_vsphere_does_not_tell_has_not_passed() -> None:
    unknown = Reading(holder=PORTGROUP, state=PolicyState.top(NOTHING), parent=NOTHING)
    assert verdicts("cis_8", unknown)["5.6"] == "fail"


@pytest.mark.parametrize(
    ("reading", "control"),
    [
        pytest.param(
            distributed(dataclasses.replace(CLOSED, mac_learning=MacLearning(enabled=True))),
            "VCFA-9X-000345",
            id="MAC learning",
        ),
        pytest.param(distributed(traits=Traits(resets_ports=False)), "VCFA-9X-000342", id="ports keep settings"),
        pytest.param(distributed(traits=Traits(port_overrides=("vlan",))), "VCFA-9X-000341", id="port overrides"),
        pytest.param(distributed(traits=Traits(trunk="1-9")), "VCFA-9X-000327", id="distributed trunk"),
        pytest.param(standard(traits=Traits(trunk="0-4094")), "VCFE-9X-000223", id="standard trunk"),
    ],
)
def test_each_other_demand_fails_alone(reading: Reading, control: str) -> None:
    assert [name for name, verdict in verdicts("vcf_9", reading).items() if verdict == "fail"] == [control]


def test_uplinks_never_apply_and_nsx_not_everywhere() -> None:
    open_all = Policy.of(Security(**dict.fromkeys(FLAGS, ACCEPT)), MacLearning())
    assert set(verdicts("stig_8", distributed(open_all, traits=Traits(uplink=True))).values()) == {"not_applicable"}
    nsx = distributed(open_all, traits=Traits(nsx=True))
    assert set(verdicts("vcf_9", nsx).values()) == {"not_applicable"}
    assert "fail" in verdicts("stig_8", nsx).values()


def test_switch_without_mac_learning_is_not_judged_by_it() -> None:
    old = Reading(holder=DVPORTGROUP, state=PolicyState.top(Policy.of(CLOSED.flags)), parent=NOTHING)
    assert verdicts("scg_9", old)["vcenter-9.network-mac-learning"] == "not_applicable"


OPEN = standard(Policy(promiscuous_mode=ACCEPT))


@pytest.mark.parametrize(
    ("exemption", "covers"),
    [
        pytest.param(Exemption(reason="lab"), True, id="everything"),
        pytest.param(Exemption(reason="lab", name="Nes*"), True, id="wildcard"),
        pytest.param(Exemption(reason="lab", controls=("V-256422",), type=Kind.PORTGROUP), True, id="by alias"),
        pytest.param(Exemption(reason="lab", switch="vSwitch0", host="esx01"), True, id="by place"),
        pytest.param(Exemption(reason="lab", name="nested"), False, id="another name"),
        pytest.param(Exemption(reason="lab", type=Kind.VSWITCH), False, id="another type"),
        pytest.param(Exemption(reason="lab", host="esx02"), False, id="another host"),
        pytest.param(Exemption(reason="lab", controls=("ESXI-70-000059",)), False, id="another control"),
    ],
)
def test_exceptions_cover_what_all_their_fields_fit(exemption: Exemption, covers: bool) -> None:
    told = judged("stig_7", OPEN, exemption)
    finding = next(each for each in told.findings if each.control == "ESXI-70-000061")
    assert finding.verdict is (Verdict.EXCEPTION if covers else Verdict.FAIL)
    assert told.unused == (() if covers else (exemption,))
    assert finding.reason == ("lab (it is accepted)" if covers else "it is accepted")


def test_a_name_with_brackets_means_itself() -> None:
    bracketed = dataclasses.replace(OPEN, holder=dataclasses.replace(PORTGROUP, name="Nested [lab]"))
    assert judged("stig_7", bracketed, Exemption(reason="lab", name="Nested [lab]")).unused == ()
    assert judged("stig_7", bracketed, Exemption(reason="lab", name="Nested [l*")).unused == ()


def test_of_two_exceptions_for_the_same_the_first_is_told_and_neither_is_unused() -> None:
    exemptions = Exemption(reason="all labs", name="Nes*"), Exemption(reason="this one", name="Nested")
    told = judged("stig_7", OPEN, *exemptions)
    finding = next(each for each in told.findings if each.control == "ESXI-70-000061")
    assert finding.reason == "all labs (it is accepted)"
    assert told.unused == ()


def test_exception_for_what_passes_is_unused() -> None:
    told = judged("stig_7", standard(), Exemption(reason="lab"))
    assert "exception" not in {each.verdict.value for each in told.findings}
    assert told.unused == (Exemption(reason="lab"),)


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES.keys())
def test_baselines_are_well_formed(baseline: t.Any) -> None:
    ids = [control.id for control in baseline.controls]
    assert len(set(ids)) == len(ids)
    assert baseline.title
    assert baseline.source
    demands = {(rule, kind) for control in baseline.controls for rule, kind in [(control.rule, control.on)]}
    assert len(demands) == len(baseline.controls), "two controls that demand the same of the same"


def test_control_ids_look_as_their_guides_write_them() -> None:
    shapes = {
        "stig_7": r"(ESXI|VCSA)-70-\d{6}",
        "stig_8": r"(ESXI|VCSA)-80-\d{6}",
        "vcf_9": r"(VCFE|VCFA)-9X-\d{6}",
        "scg_9": r"(esx|vcenter)-9\.network-[a-z-]+",
        "cis_8": r"5\.\d+",
    }
    for name, shape in shapes.items():
        assert all(re.fullmatch(shape, control.id) for control in BASELINES[name].controls)
