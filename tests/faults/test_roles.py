# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles, with a vCenter that goes away in the middle: stop, tell, have the state file; run again or restore."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import pathlib
import subprocess
import typing as t

import pytest
import vsphere_lab

from .bench import ADMIN, PASSWORD, Bench, Forks
from .conftest import EVERY
from .figures import Table
from .truth import Truth, differing, macs

ROOT = pathlib.Path(__file__).resolve().parents[2]
INVENTORY = ROOT / "tests/integration/inventory.yml"


@dataclasses.dataclass(frozen=True)
class Role:
    """A role's playbook, what it is told, and which of its calls write."""

    name: str
    playbook: str
    options: dict[str, t.Any]
    write: str
    place: int
    """The write after which the vCenter is gone in `make faults`; each login and each write with EVERY=1."""


ROLES = (
    Role(
        "prepare_nested_esxi_host",
        "prepare_nested_esxi.yml",
        {"portgroup": "Staging", "cluster": "Compute"},
        write="UpdatePortGroup",
        place=2,
    ),
    Role(
        "pin_static_macs",
        "change_portgroup.yml",
        {"vms": ["web-01", "off-01"], "target": "dv-production"},
        write="ReconfigVM_Task",
        place=3,
    ),
)


def places(bench: Bench, role: Role, folder: pathlib.Path) -> list[tuple[str, int, bool]]:
    """Returns at which calls the vCenter goes away: the method, which of its calls, and if the state file is there."""
    if not EVERY:
        return [(role.write, role.place, True)]
    calls: list[tuple[str, int, bool]] = []
    for method in ("Login", role.write):
        nth = itertools.count(1)
        bench.lab.script.add(
            method=method,
            times=0,
            run=lambda call, method=method, nth=nth: calls.append((method, next(nth), saved(folder) != [])),
        )
    good = play(bench, role.playbook, *told(role, folder))
    bench.lab.script.clear()
    assert good.returncode == 0, good.stdout
    return calls


def told(role: Role, folder: pathlib.Path) -> tuple[str, str]:
    """Returns the options of its playbook."""
    given = {f"{role.name}_{name}": value for name, value in {**role.options, "state_dir": str(folder)}.items()}
    return "-e", json.dumps(given)


def saved(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the files with which `restore` brings back what was there."""
    return sorted(folder.glob("*.json"))


def play(bench: Bench, playbook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a playbook against the bench's vCenter."""
    vcenter = {
        "VMWARE_HOST": bench.host,
        "VMWARE_PORT": str(bench.port),
        "VMWARE_CA_PATH": bench.ca_file,
        "VMWARE_USER": ADMIN,
        "VMWARE_PASSWORD": PASSWORD,
    }
    return subprocess.run(
        ["ansible-playbook", "-i", str(INVENTORY), str(ROOT / "playbooks" / playbook), *arguments],
        cwd=ROOT,
        env={**os.environ, **vcenter, "ANSIBLE_NOCOLOR": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def go_away(lab: vsphere_lab.Lab, method: str, nth: int) -> None:
    """Lets the vCenter do this call, and no other; nor answer it."""
    lab.script.add(method=method, nth=nth, cut="after", run=lambda call: lab.script.add(cut="before", times=0))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_whose_vcenter_goes_away(forks: Forks, roles: Table, tmp_path: pathlib.Path, role: Role) -> None:
    bench = Bench(forks)
    try:
        tried = places(bench, role, tmp_path / "good")
        for method, nth, is_saved in tried:
            interrupted(bench, role, method, nth, is_saved, tmp_path / f"{method}-{nth}")
        roles.add(f"{role.name} ({', '.join(f'{method} {nth}' for method, nth, _is_saved in tried)})", len(tried))
    finally:
        bench.stop()


def interrupted(bench: Bench, role: Role, method: str, nth: int, is_saved: bool, folder: pathlib.Path) -> None:
    bench.reset()
    before, known = bench.truth(), macs(bench.lab)
    options = told(role, folder)
    go_away(bench.lab, method, nth)
    broken = play(bench, role.playbook, *options)
    bench.lab.script.clear()
    assert broken.returncode != 0, broken.stdout
    assert "Traceback" not in broken.stdout + broken.stderr
    assert "fatal: [lab]: FAILED!" in broken.stdout
    assert any(words in broken.stdout for words in ("the connection broke", "can't be reached", "doesn't answer"))
    left = bench.truth()
    assert macs(bench.lab) == known
    files = saved(folder)
    assert files or left == before, "something was changed, and there is no file to bring it back with"
    assert bool(files) is is_saved
    # An admin does one or the other.
    restores = role.name == "pin_static_macs" and left != before
    if restores or (EVERY and left != before):
        assert_brought_back(bench, files[0], before)
    if restores and not EVERY:
        return
    again = play(bench, role.playbook, *options)
    assert again.returncode == 0, again.stdout
    assert macs(bench.lab) == known
    assert_done(role, differing(before, bench.truth()))


def assert_brought_back(bench: Bench, file: pathlib.Path, before: Truth) -> None:
    restored = play(bench, "restore.yml", "-e", f"restore_file={file}")
    assert restored.returncode == 0, restored.stdout
    assert differing(before, bench.truth()) == set()


def assert_done(role: Role, changed: set[str]) -> None:
    """What the second run has changed is what the role is for."""
    if role.name == "pin_static_macs":
        assert changed == {f"VM {name}" for name in role.options["vms"]}
    else:
        assert changed == {f"portgroup Staging on esx0{number}.lab" for number in (1, 2)}
