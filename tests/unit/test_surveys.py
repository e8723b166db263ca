# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The surveys for AWX ask for options that exist, and offer what the playbooks take."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SURVEYS = ROOT / "playbooks/surveys"
# Which argument spec says what a survey's playbook takes.
SPECS = {
    "audit_mac_drift": "playbooks/audit_mac_drift.meta.yml",
    "change_portgroup": "roles/pin_static_macs/meta/argument_specs.yml",
    "prepare_nested_esxi": "roles/prepare_nested_esxi_host/meta/argument_specs.yml",
    "restore": "playbooks/restore.meta.yml",
}
# The types of AWX whose answers an option of that type takes; lists are split at commas.
FITTING = {
    "str": {"text", "multiplechoice"},
    "path": {"text"},
    "list": {"text"},
    "int": {"integer"},
    "bool": {"multiplechoice"},
}
# In an execution environment the home folder is gone when the job has ended.
OTHER_DEFAULT = {"pin_static_macs_state_dir", "prepare_nested_esxi_host_state_dir"}

# What a team settles once, as variables of the job template, or what AWX has another way for. A new option has to be
# asked for in the survey, or to be named here.
NOT_ASKED = {
    # With several vCenters its name needs Jinja, which AWX doesn't expand in answers. A history has the page, too.
    "audit_mac_drift": {"datacenter", "folder", "host", "report"},
    "change_portgroup": {
        *("cluster", "datacenter", "folder", "host", "vnics"),
        *("target_type", "require_pinned", "shutdown_timeout", "own_tasks", "connection", "parallel", "max_failures"),
    },
    "prepare_nested_esxi": {
        *("datacenter", "hosts", "on_missing", "on_unreachable"),
        *("unicast_flooding", "mac_limit", "mac_limit_policy", "vlan", "mtu"),
        *("shutdown_timeout", "nested_connections", "connection"),
    },
    "restore": set(),
}


def options(survey: str) -> dict[str, dict[str, t.Any]]:
    spec: dict[str, t.Any] = yaml.safe_load((ROOT / SPECS[survey]).read_text())
    found: dict[str, dict[str, t.Any]] = spec["argument_specs"]["main"]["options"]
    return found


def questions() -> list[t.Any]:
    return [
        pytest.param(survey, question, id=question["variable"])
        for survey in SPECS
        for question in json.loads((SURVEYS / f"{survey}.json").read_text())["spec"]
    ]


def test_every_survey_is_looked_at() -> None:
    assert {path.stem for path in SURVEYS.glob("*.json")} == set(SPECS)
    assert len(questions()) > 15


@pytest.mark.parametrize(("survey", "question"), questions())
def test_survey_asks_for_what_the_playbook_takes(survey: str, question: dict[str, t.Any]) -> None:
    option = options(survey)[question["variable"]]
    assert question["type"] in FITTING[option["type"]]
    assert question["required"] or not option.get("required")
    if question["type"] == "multiplechoice":
        assert question["choices"] == option.get("choices", ["true", "false"])
    if question["variable"] not in OTHER_DEFAULT:
        unset = [] if option["type"] == "list" else ""
        default = option.get("default", unset)
        answered = unset if question["default"] == "" else question["default"]
        assert answered == (str(default).lower() if option["type"] == "bool" else default)


@pytest.mark.parametrize("survey", SPECS)
def test_every_option_is_asked_for_or_left_out_on_purpose(survey: str) -> None:
    asked = {question["variable"] for question in json.loads((SURVEYS / f"{survey}.json").read_text())["spec"]}
    owner = SPECS[survey].split("/")[1].removesuffix(".meta.yml")
    assert options(survey).keys() - asked == {f"{owner}_{name}" for name in NOT_ASKED[survey]}


@pytest.mark.parametrize("survey", SPECS)
def test_awx_takes_the_survey(survey: str) -> None:
    """As AWX checks a survey spec: these keys, no variable twice, and a default that is one of the choices."""
    spec = json.loads((SURVEYS / f"{survey}.json").read_text())
    assert set(spec) == {"name", "description", "spec"}
    names = [question["variable"] for question in spec["spec"]]
    assert len(names) == len(set(names))
    for question in spec["spec"]:
        assert question["question_name"]
        assert question["default"] in ["", *question.get("choices", [question["default"]])]
