# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles, with a vCenter that goes away in the middle: stop, tell, have the state file; run again or restore."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import typing as t
from collections.abc import Iterator

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
    """A role's playbook, what it is told, how often it logs in, and what its calls write."""

    name: str
    playbook: str
    options: dict[str, t.Any]
    logins: int
    write: str
    writes: int
    place: int
    """The write after which the vCenter is gone in `make faults`; each login and each write with EVERY=1."""
    saved_at: int
    """The login at which the state file is there."""


ROLES = (
    Role(
        "prepare_nested_esxi_host",
        "prepare_nested_esxi.yml",
        {"portgroup": "Staging", "cluster": "Compute"},
        logins=6,
        write="UpdatePortGroup",
        writes=2,
        place=2,
        saved_at=6,
    ),
    Role(
        "pin_static_macs",
        "change_portgroup.yml",
        {"vms": ["web-01", "off-01"], "target": "dv-production"},
        logins=7,
        write="ReconfigVM_Task",
        writes=4,
        place=3,
        saved_at=4,
    ),
)


def places(role: Role) -> Iterator[tuple[str, int]]:
    """Yields the calls at which the vCenter goes away: a method, and which of its calls."""
    if not EVERY:
        yield role.write, role.place
        return
    yield from (("Login", nth) for nth in range(1, role.logins + 1))
    yield from ((role.write, nth) for nth in range(1, role.writes + 1))


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
        tried = list(places(role))
        for method, nth in tried:
            interrupted(bench, role, method, nth, tmp_path / f"{method}-{nth}")
        roles.add(f"{role.name} ({', '.join(f'{method} {nth}' for method, nth in tried)})", len(tried))
    finally:
        bench.stop()


def interrupted(bench: Bench, role: Role, method: str, nth: int, folder: pathlib.Path) -> None:
    bench.reset()
    before, known = bench.truth(), macs(bench.lab)
    given = {f"{role.name}_{name}": value for name, value in {**role.options, "state_dir": str(folder)}.items()}
    options = ("-e", json.dumps(given))
    go_away(bench.lab, method, nth)
    broken = play(bench, role.playbook, *options)
    bench.lab.script.clear()
    assert broken.returncode != 0, broken.stdout
    assert "Traceback" not in broken.stdout + broken.stderr
    assert "fatal: [lab]: FAILED!" in broken.stdout
    assert any(words in broken.stdout for words in ("the connection broke", "can't be reached", "doesn't answer"))
    left = bench.truth()
    assert macs(bench.lab) == known
    files = sorted(folder.glob("*.json"))
    assert files or left == before, "something was changed, and there is no file to bring it back with"
    assert bool(files) is (method == role.write or nth > role.saved_at)
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
