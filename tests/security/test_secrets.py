# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password and a session's cookie are in nothing that a run prints, returns, logs, shows to `ps` or leaves behind."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import threading
import typing as t

import pytest
from vsphere_lab.faults import Rule

from .conftest import Lab, Play, Played, StartLab

SECRET = "c4nary-S3cret-w0rd"
USER = "canary@vsphere.local"


@dataclasses.dataclass
class Logins(Rule):
    """Takes down the cookie and the key of every session that the lab gives out."""

    method: str = "Login"
    times: int = 0
    given: set[str] = dataclasses.field(default_factory=set)

    def after(self, call: t.Any, result: t.Any) -> None:
        self.given |= {call.session.cookie, call.session.key}


class Watch(threading.Thread):
    """Reads every process's command line while a play runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.02):
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):  # it has ended meanwhile
                    self.seen.add(path.read_bytes())


def everything(folder: pathlib.Path) -> bytes:
    """Returns all that stands in files there, with their names."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)


def left_behind(play: Play, lab: Lab, tmp_path: pathlib.Path, playbook: str, *options: str, password: str) -> bytes:
    """Plays with everything on that Ansible can tell, and returns all that is found afterwards."""
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "VMWARE_USER": USER,
        "VMWARE_PASSWORD": password,
        "ANSIBLE_HOME": str(home / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(home / "local"),
        "ANSIBLE_REMOTE_TMP": str(home / "remote"),
        "ANSIBLE_LOG_PATH": str(home / "log"),
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
        "ANSIBLE_DEBUG": "false",
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true",
        "TMPDIR": str(home),
        "HOME": str(home),
    }
    watch = Watch()
    watch.start()
    try:
        played: Played = play(lab, playbook, *options, "-vvvv", "--diff", fails=None, warns=True, **environment)
    finally:
        watch.over.set()
        watch.join()
    results = json.dumps([task.result for task in played.tasks])
    assert "ansible-playbook" in b" ".join(watch.seen).decode(errors="replace")
    assert played.tasks
    return b"\n".join([played.output.encode(), results.encode(), everything(home), *watch.seen])


ROLE: dict[str, object] = {"pin_static_macs_vms": ["web-01"], "pin_static_macs_target": "dv-production"}
PLAYS: dict[str, tuple[str, dict[str, object]]] = {
    "an audit": ("playbooks/audit_mac_drift.yml", {}),
    "an edit": ("tests/security/plays/edit.yml", {}),
    "a role": ("playbooks/change_portgroup.yml", ROLE),
    "options": ("tests/security/plays/secret_as_option.yml", {}),
}  # fmt: skip


def start(start_lab: StartLab, tmp_path: pathlib.Path) -> tuple[Lab, Logins]:
    """Starts a vCenter that knows the canary."""
    scenario = tmp_path / "estate.yml"
    scenario.write_text(f"extends: drift\nusers:\n  - {{name: {USER}, password: {SECRET}, role: Admin}}\n")
    lab, logins = start_lab(str(scenario)), Logins()
    assert lab.simulated is not None
    lab.simulated.script.rules.append(logins)
    return lab, logins


def secrets_in(found: bytes, logins: Logins) -> list[str]:
    return [secret for secret in (SECRET, *logins.given) if secret.encode() in found]


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize(("playbook", "options"), PLAYS.values(), ids=list(PLAYS))
def test_password_and_cookies_stay_where_they_belong(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path, playbook: str, options: dict[str, object], wrong: bool
) -> None:
    lab, logins = start(start_lab, tmp_path)
    given = SECRET + "-wrong" if wrong else SECRET
    found = left_behind(play, lab, tmp_path, playbook, "-e", json.dumps(options), password=given)
    assert secrets_in(found, logins) == []
    assert (b"refused the login" in found) is wrong
    assert bool(logins.given) is not wrong


@pytest.mark.parametrize("broken", [{"garbage": True}, {"cut": "before", "times": 0}], ids=["no XML", "gone"])
def test_they_stay_there_when_a_run_breaks_off(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path, broken: dict[str, t.Any]
) -> None:
    """What fails after the login is told with a message, a kind of error and, at -vvvv, all that Ansible knows."""
    lab, logins = start(start_lab, tmp_path)
    assert lab.simulated is not None
    lab.simulated.script.add(method="ReconfigVM_Task", **broken)
    found = left_behind(play, lab, tmp_path, "tests/security/plays/edit.yml", password=SECRET)
    assert b"FAILED!" in found
    assert logins.given
    assert secrets_in(found, logins) == []
