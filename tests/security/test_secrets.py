# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A password and a session's cookie are in nothing that a run prints, returns, logs, shows to `ps` or leaves behind."""

from __future__ import annotations

import contextlib
import json
import pathlib
import threading

import pytest

from .conftest import Lab, Play, Played, StartLab

SECRET = "c4nary-S3cret-w0rd"
USER = "canary@vsphere.local"


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


@pytest.mark.parametrize("wrong", [False, True], ids=["right", "wrong"])
@pytest.mark.parametrize(("playbook", "options"), PLAYS.values(), ids=list(PLAYS))
def test_a_password_stays_where_it_was_given(
    start_lab: StartLab, play: Play, tmp_path: pathlib.Path, playbook: str, options: dict[str, object], wrong: bool
) -> None:
    scenario = tmp_path / "estate.yml"
    scenario.write_text(f"extends: drift\nusers:\n  - {{name: {USER}, password: {SECRET}, role: Admin}}\n")
    lab = start_lab(str(scenario))
    given = SECRET + "-wrong" if wrong else SECRET
    found = left_behind(play, lab, tmp_path, playbook, "-e", json.dumps(options), password=given)
    assert SECRET.encode() not in found
    assert (b"refused the login" in found) is wrong
