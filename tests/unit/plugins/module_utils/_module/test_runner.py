# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a module: one road for check mode, diff, failures and results; a dictionary stands in for vSphere."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterator, Mapping, Sequence

import pytest
from ansible.module_utils import basic
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import (
    InvalidOption,
    MacguardError,
    Refused,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.plan import Change, Plan
from ansible_collections.macguard.vsphere.plugins.module_utils._module import argspec, runner
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import sdk, session


class Ended(Exception):
    """Carries what the module printed."""


class Shelf:
    """A gateway over a dictionary."""

    values: t.ClassVar[dict[str, int]] = {}
    writes: t.ClassVar[list[str]] = []
    refuses: t.ClassVar[set[str]] = set()
    does_it_all_the_same: t.ClassVar[bool] = False

    def __init__(self, opened: session.Session) -> None:
        pass

    def write(self, changes: Sequence[Change[int]]) -> Mapping[str, MacguardError]:
        for change in changes:
            self.writes.append(change.subject)
            if change.subject not in self.refuses or self.does_it_all_the_same:
                self.values[change.subject] = change.after
        return {
            change.subject: Refused("no, thanks", why="test") for change in changes if change.subject in self.refuses
        }

    def read_back(self, changes: Sequence[Change[int]]) -> Mapping[str, int]:
        return {change.subject: self.values[change.subject] for change in changes}


def request(params: Mapping[str, t.Any]) -> int:
    if params["to"] < 0:
        raise InvalidOption("to must not be negative", option="to")
    return int(params["to"])


def plan(to: int, shelf: Shelf) -> Plan[int]:
    changes = (
        Change(subject=name, before=value, after=to, write=None if value == to else name)
        for name, value in shelf.values.items()
    )
    return Plan(changes=tuple(changes), report={"asked": to}, warnings=("mind the gap",))


@pytest.fixture
def logins(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replaces the login; returns the list of who logged in."""
    seen: list[str] = []

    @contextlib.contextmanager
    def opened(options: session.Options) -> Iterator[None]:
        seen.append(options.username)
        yield

    def end(module: basic.AnsibleModule, **result: t.Any) -> t.NoReturn:
        raise Ended(result)

    monkeypatch.setattr(session, "open_session", opened)
    monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
    monkeypatch.setattr(basic.AnsibleModule, "fail_json", lambda module, **result: end(module, failed=True, **result))
    monkeypatch.setattr(Shelf, "values", {"a": 0, "b": 0, "c": 0})
    monkeypatch.setattr(Shelf, "writes", [])
    monkeypatch.setattr(Shelf, "refuses", set())
    return seen


def run(monkeypatch: pytest.MonkeyPatch, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
    given = {"hostname": "vc", "username": "me", "password": "secret", "_ansible_check_mode": check, **options}
    monkeypatch.setattr(basic, "_load_params", lambda: given)
    own = {"to": {"type": "int", "required": True}, "rollback": {"type": "bool", "default": False}}
    spec = argspec.MANY.merge(argspec.ArgumentSpec(options=own))
    with pytest.raises(Ended) as ended:
        runner.run_plan(
            spec,
            request=request,
            gateway=Shelf,
            plan=plan,
            restore=lambda changes: {change.subject: change.before for change in changes},
        )
    return dict(ended.value.args[0])


def test_first_run_changes_and_the_second_does_not(monkeypatch: pytest.MonkeyPatch, logins: list[str]) -> None:
    first, second = run(monkeypatch, to=1), run(monkeypatch, to=1)
    assert (first["changed"], first["applied"], first["asked"]) == (True, ["a", "b", "c"], 1)
    assert first["diff"] == {"before": {"a": 0, "b": 0, "c": 0}, "after": {"a": 1, "b": 1, "c": 1}}
    assert first["restore"] == {"a": 0, "b": 0, "c": 0}
    assert (second["changed"], second["applied"], second["diff"]["after"]) == (False, [], {})
    assert logins == ["me", "me"]


def test_check_mode_shows_what_the_real_run_does_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, logins: list[str]
) -> None:
    preview = run(monkeypatch, check=True, to=1)
    assert Shelf.writes == []
    real = run(monkeypatch, to=1)
    assert (preview["changed"], preview["diff"], preview["restore"]) == (real["changed"], real["diff"], real["restore"])


def test_a_bad_option_fails_before_anybody_logs_in(monkeypatch: pytest.MonkeyPatch, logins: list[str]) -> None:
    result = run(monkeypatch, to=-1)
    assert (result["failed"], result["changed"], result["error"], result["option"]) == (
        True,
        False,
        "invalid_option",
        "to",
    )
    assert logins == []


def test_a_failure_midway_tells_what_was_done_and_what_was_not(
    monkeypatch: pytest.MonkeyPatch, logins: list[str]
) -> None:
    Shelf.refuses.add("b")
    result = run(monkeypatch, to=1, parallel=1)
    assert (result["failed"], result["changed"], result["why"]) == (True, True, "test")
    assert result["msg"] == "no, thanks Changed: a. Failed: b. Not begun: c."
    assert (result["applied"], result["untouched"]) == (["a"], ["c"])
    assert result["failed_changes"] == [
        {"subject": "b", "msg": "no, thanks", "found": 0, "why": "test", "error": "refused"}
    ]
    assert result["restore"] == {"a": 0}
    assert result["diff"] == {"before": {"a": 0}, "after": {"a": 1}}


def test_what_was_taken_back_is_in_the_message(monkeypatch: pytest.MonkeyPatch, logins: list[str]) -> None:
    Shelf.refuses.add("b")
    result = run(monkeypatch, to=1, parallel=1, rollback=True)
    assert result["msg"] == "no, thanks Changed: none. Taken back: a. Failed: b. Not begun: c."
    assert result["restore"] == {}


def test_a_write_that_failed_but_was_done_counts_as_a_change(
    monkeypatch: pytest.MonkeyPatch, logins: list[str]
) -> None:
    monkeypatch.setattr(Shelf, "does_it_all_the_same", True)
    Shelf.refuses.add("a")
    result = run(monkeypatch, to=1, parallel=1)
    assert (result["failed"], result["changed"], result["restore"]) == (True, True, {"a": 0})


def test_more_names_than_a_sentence_takes_are_counted(monkeypatch: pytest.MonkeyPatch, logins: list[str]) -> None:
    monkeypatch.setattr(Shelf, "values", dict.fromkeys("abcdefgh", 0))
    Shelf.refuses.update("abcdefgh")
    assert run(monkeypatch, to=1)["msg"].endswith("Changed: none. Failed: a, b, c, d, e and 3 more. Not begun: none.")


def test_facts_are_returned_unchanged(monkeypatch: pytest.MonkeyPatch, logins: list[str]) -> None:
    monkeypatch.setattr(basic, "_load_params", lambda: {"hostname": "vc", "username": "me", "password": "secret"})
    with pytest.raises(Ended) as ended:
        runner.run_facts(
            argspec.ArgumentSpec(),
            request=lambda params: params["hostname"],
            reader=lambda opened: 3,
            facts=lambda asked, reader: {"ansible_facts": {asked: reader}},
        )
    assert ended.value.args[0] == {"changed": False, "ansible_facts": {"vc": 3}}


def test_without_pyvmomi_the_message_names_it(monkeypatch: pytest.MonkeyPatch, logins: list[str]) -> None:
    monkeypatch.setattr(sdk, "IMPORT_ERROR", "Traceback: no module")
    result = run(monkeypatch, to=1)
    assert result["failed"]
    assert "pyVmomi" in result["msg"]
    assert logins == []
