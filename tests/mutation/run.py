# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break the code that edits vNICs, one promise at a time, and see that a test notices: `python tests/mutation/run.py`.

Each mutation is made in a copy. One that no longer finds its text is a failure as well: rewrite it with the code.
"""

from __future__ import annotations

import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
UTILS = "plugins/module_utils"
GATEWAY, EDIT = f"{UTILS}/_vsphere/vnic/gateway.py", f"{UTILS}/_vsphere/vnic/edit.py"
TASKS, AFTERMATH = f"{UTILS}/_vsphere/tasks.py", f"{UTILS}/_vsphere/vnic/aftermath.py"
PIN, MOVE, SELECT = f"{UTILS}/_domain/vnic/pin.py", f"{UTILS}/_domain/vnic/move.py", f"{UTILS}/_domain/vnic/select.py"
RESTORE, WAVES = f"{UTILS}/_domain/vnic/restore.py", f"{UTILS}/_module/waves.py"
MODULES = "tests/modules"
PINS, MOVES, INTERRUPTED = ([f"{MODULES}/test_vnic_{name}.py"] for name in ("mac_pin", "portgroup", "interrupted"))
PURE = [f"tests/unit/{UTILS}/_domain/vnic/test_{name}.py" for name in ("pin", "move", "select", "decision")]
CODEC = [f"tests/unit/{UTILS}/_vsphere/vnic/test_edit.py"]
WAVE_TESTS = [f"tests/unit/{UTILS}/_module/test_waves.py"]


@dataclasses.dataclass(frozen=True)
class Mutation:
    """One promise broken: in this file, this text becomes that one; these tests must notice."""

    name: str
    file: str
    old: str
    new: str
    tests: list[str]


MUTATIONS = [
    Mutation(
        "drop the write",
        GATEWAY,
        "started[change.subject] = self._ref(vm.moid).ReconfigVM_Task(spec)",
        "pass",
        PINS,
    ),
    Mutation(
        "omit the MAC",
        EDIT,
        "    if not edited.macAddress:\n",
        "    edited.macAddress = None\n    if False:\n",
        PINS,
    ),
    Mutation(
        "describe the device anew",
        EDIT,
        "edited = copy.deepcopy(device)",
        "edited = type(device)(key=device.key, macAddress=device.macAddress, addressType=device.addressType, "
        "backing=device.backing, connectable=device.connectable)",
        CODEC,
    ),
    Mutation("edit the device that was read", EDIT, "copy.deepcopy(device)", "device", CODEC),
    Mutation(
        "take the old port along",
        EDIT,
        "portgroupKey=attachment.portgroup_key or network.key",
        'portgroupKey=attachment.portgroup_key or network.key, portKey="12"',
        CODEC,
    ),
    Mutation("ignore changeVersion", EDIT, "        changeVersion=change_version,\n", "", INTERRUPTED),
    Mutation("write what is no longer so", GATEWAY, "states(vm, _keys(edit)) != change.before", "False", INTERRUPTED),
    Mutation("write whatever the power state", GATEWAY, "vm.power is not edit.power", "False", INTERRUPTED),
    Mutation("write what was only assumed to be pinned", GATEWAY, "card.only_if_pinned and", "False and", MOVES),
    Mutation("give a busy VM no further attempt", GATEWAY, "PAUSES = (0.5, 2.0, 5.0)", "PAUSES = ()", INTERRUPTED),
    Mutation("repeat the edits of all", GATEWAY, "self._attempt(busy)", "self._attempt(changes)", INTERRUPTED),
    Mutation(
        "skip the read-back",
        GATEWAY,
        "        vms = {vm.moid: vm for vm, _devices in self._live(changes)}\n        harms",
        "        return {change.subject: change.after for change in changes}\n        harms",
        MOVES,
    ),
    Mutation(
        "look at no port and no event afterwards",
        GATEWAY,
        "harms = self._aftermath.harms(changes, vms)",
        "harms = {}",
        MOVES,
    ),
    Mutation("hear no event", AFTERMATH, "events = self._mac_events(changes)", "events = {}", INTERRUPTED),
    Mutation(
        "let a broken connection end the task without a report",
        WAVES,
        "        errors = {change.subject: exc for change in wave}\n",
        "        raise\n",
        WAVE_TESTS,
    ),
    Mutation(
        "take a failed task for done", TASKS, "if info.state == vim.TaskInfo.State.error:", "if False:", INTERRUPTED
    ),
    Mutation("wait for no task", TASKS, "while pending and (left", "while False and (left", PINS),
    Mutation("wait for ever", TASKS, "time.monotonic() + session.options.task_timeout", "float('inf')", INTERRUPTED),
    Mutation("begin further waves after harm", WAVES, ") >= max_failures:", ") >= 10**9:", WAVE_TESTS),
    Mutation("restore what was written", RESTORE, "for state in change.before]", "for state in change.after]", PURE),
    Mutation("pin what has drifted", PIN, "if finding.has_drifted and rules.keep is None", "if False", PURE),
    Mutation("pin what another has", PIN, "    if others > 0:", "    if False:", PURE),
    Mutation("give a running VM another MAC", PIN, "    if wanted.mac != vnic.mac:\n", "    if False:\n", PURE),
    Mutation("give vCenter a MAC that it replaces", PIN, "        _stays(wanted, allocation)\n", "", PURE),
    Mutation("move what isn't pinned", MOVE, "    if rules.require_pinned:", "    if False:", PURE),
    Mutation("move what will be blocked", MOVE, "[_stays_open(rules, finding, target), ", '["", ', PURE),
    Mutation("move what another has", MOVE, "        _unique(vnic, owners)\n", "", PURE),
    Mutation("edit special VMs", SELECT, "in reasons.items() if applies)", "in reasons.items() if False)", PURE),
]


def test(mutation: Mutation | None, copy: pathlib.Path) -> str:
    """Returns what is wrong: a mutation that nobody noticed, or one that couldn't be tried; '' if all is well."""
    if mutation is None:
        code = _pytest(copy, [*PINS, *MOVES, *INTERRUPTED, *PURE, *CODEC, *WAVE_TESTS])
        return "" if code == 0 else "the tests fail without any mutation"
    path = copy / mutation.file
    original = path.read_text()
    if original.count(mutation.old) != 1:
        return f"its text is {original.count(mutation.old)} times in {mutation.file}"
    path.write_text(original.replace(mutation.old, mutation.new))
    try:
        code = _pytest(copy, mutation.tests)
    finally:
        path.write_text(original)
    # 1: a test failed. Anything else means that the tests didn't run, which notices nothing.
    return {0: "no test noticed", 1: ""}.get(code, f"the tests couldn't run (pytest ended with {code})")


def _pytest(copy: pathlib.Path, tests: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def _worker(todo: list[Mutation | None]) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        for name in ("plugins", "tests", "lab"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pytest.ini", copy)
        return [(mutation.name if mutation else "no mutation", test(mutation, copy)) for mutation in todo]


def main() -> int:
    jobs = int(os.environ.get("JOBS", "2"))
    todo: list[Mutation | None] = [None, *MUTATIONS]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = [each for batch in pool.map(_worker, [todo[start::jobs] for start in range(jobs)]) for each in batch]
    for name, wrong in results:
        print(f"{'FAILED' if wrong else 'ok    '} {name}{': ' + wrong if wrong else ''}")
    failed = sum(bool(wrong) for _name, wrong in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
