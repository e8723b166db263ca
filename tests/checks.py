# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run make targets side by side and sum up: `python tests/checks.py --jobs 2 ruff unit …`."""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import typing as t

LOGS = pathlib.Path(".cache/checks")
PATIENCE = 1800.0  # seconds until a check counts as hanging
PRINTING = threading.Lock()
RUNNING: set[int] = set()  # process groups


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one check."""

    name: str
    passed: bool
    seconds: float
    cpu: float
    """Seconds of processor time, which say what a check costs also where others run beside it."""
    output: str

    @property
    def last_line(self) -> str:
        """The line in which most tools sum up."""
        lines = self.output.split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip(" =-_")), "(no output)")

    @property
    def verdict(self) -> str:
        """One of three words; a check that lacks its tools says NOT RUN in its last line."""
        if not self.passed:
            return "FAILED"
        return "NOT RUN" if self.last_line.startswith("NOT RUN") else "passed"


def run(name: str) -> Outcome:
    """Run one target; what it starts ends with it, also when it hangs."""
    begin = time.monotonic()
    log = LOGS / f"{name}.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [os.environ.get("MAKE", "make"), name],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1"},
            start_new_session=True,
        )
        RUNNING.add(process.pid)
        end = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
        end.start()
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        RUNNING.discard(process.pid)
        end.cancel()
        if process.returncode == -signal.SIGKILL:
            sink.write(f"\nKilled; a check has {PATIENCE:.0f} s.\n")
    seconds, cpu = time.monotonic() - begin, used.ru_utime + used.ru_stime
    outcome = Outcome(name, process.returncode == 0, seconds, cpu, log.read_text(errors="replace"))
    report(outcome)
    return outcome


def stop(number: int, _frame: object) -> t.NoReturn:
    """End with everything that runs: the checks have sessions of their own, which Ctrl-C doesn't reach."""
    for group in RUNNING:
        os.killpg(group, signal.SIGTERM)
    os._exit(128 + number)


def report(outcome: Outcome) -> None:
    """Print one line for what passed, and everything for what failed."""
    with PRINTING:
        print(f"{outcome.verdict:<7} {outcome.name:<15}{outcome.seconds:6.1f} s   {outcome.last_line}", flush=True)
        if not outcome.passed:
            print(f"\n{outcome.output}\n", flush=True)


def table(outcomes: list[Outcome], seconds: float) -> str:
    """Every check with its outcome, and the sum in the last line."""
    rows = [f"  {o.name:<15} {o.verdict:<7} {o.seconds:6.1f} s {o.cpu:7.1f} s of CPU" for o in outcomes]
    count = collections.Counter(o.verdict for o in outcomes)
    again = [f"Again, alone: make {o.name}" for o in outcomes if not o.passed]
    again += [f"{o.name} was {o.last_line}" for o in outcomes if o.verdict == "NOT RUN"]
    left_out = f", {count['NOT RUN']} NOT RUN" if count["NOT RUN"] else ""
    cost = f"{seconds:.0f} s, {sum(o.cpu for o in outcomes):.0f} s of CPU. Whole output: {LOGS}/*.log"
    last = f"{count['passed']} passed, {count['FAILED']} failed{left_out}"
    return "\n".join(["", "Checks", *rows, "", cost, *again, last])


def main() -> int:
    """Start the checks in the order given, a few at a time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("checks", nargs="+")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    LOGS.mkdir(parents=True, exist_ok=True)
    print(f"Running, {options.jobs} at a time: {' '.join(options.checks)}", flush=True)
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(run, options.checks))
    print(table(outcomes, time.monotonic() - begin))
    return int(any(not outcome.passed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
