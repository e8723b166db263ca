# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure mac_drift_facts beside its floor and its peers; writes results.json, README.md and growth.svg."""

from __future__ import annotations

import argparse
import contextlib
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import typing as t

import picture
import servers

HERE = pathlib.Path(__file__).resolve().parent
RESULTS, README, PICTURE = HERE / "results.json", HERE / "README.md", HERE / "growth.svg"
BEGIN, END = "<!-- results: written by run.py -->\n", "<!-- end of results -->\n"
MEASURES = ("wall", "cpu", "rss_mb", "calls", "mb")
SLOW = ("vm_info_macs", "vm_info_default")
Result = dict[str, t.Any]


def measured(name: str, endpoint: servers.Endpoint) -> Result:
    """Runs one contender once."""
    command = [sys.executable, str(HERE / "contenders.py"), name, json.dumps(endpoint)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    result: Result = json.loads(answer.stdout.splitlines()[-1])
    print(f"  {name:16} {result}", flush=True)
    return result


def compared(server: str, vms: int, names: t.Sequence[str], times: int) -> list[Result]:
    """Runs the contenders in turn against one server, the quick ones several times, and returns medians."""
    print(f"{server}, {vms} VMs", flush=True)
    start: t.Callable[[int], contextlib.AbstractContextManager[servers.Endpoint]] = getattr(servers, server)
    with start(vms) as endpoint:
        # The first answer of a server that has just started is not what is to be measured.
        measured("floor", endpoint)
        runs: dict[str, list[Result]] = {name: [] for name in names}
        for turn in range(times):
            for name in names:
                if not turn or name not in SLOW:
                    runs[name].append(measured(name, endpoint))
    return [
        {
            "server": server,
            "vms": vms,
            "contender": name,
            **{m: round(statistics.median(r[m] for r in found), 2) for m in MEASURES},
        }
        for name, found in runs.items()
    ]


def table(results: list[Result]) -> str:
    """Returns the results as Markdown, with how many times the floor each takes."""
    lines = [
        "| server | VMs | contender | wall s | of the floor | CPU s | memory MB | calls | MB |",
        "|---|---:|---|" + "---:|" * 6,
    ]
    floors = {(r["server"], r["vms"]): r["wall"] for r in results if r["contender"] == "floor"}
    for r in results:
        times = f"{r['wall'] / floors[r['server'], r['vms']]:.1f} x"
        figures = (r["wall"], times, r["cpu"], r["rss_mb"], r["calls"], r["mb"])
        cells = [each if isinstance(each, str) else f"{each:g}" for each in figures]
        lines.append(f"| {r['server']} | {r['vms']} | {r['contender']} | " + " | ".join(cells) + " |")
    machine = f"{platform.machine()}, Python {platform.python_version()}, client and server on the same machine"
    return "\n".join(lines) + f"\n\nMeasured on {machine}; medians.\n"


def contenders(vms: int, options: argparse.Namespace) -> list[str]:
    """Returns who takes part with so many VMs."""
    names = ["floor", "start", "mac_drift_facts"]
    if vms <= options.pyvmomi_up_to:
        names.append("pyvmomi")
    return [*names, *SLOW] if vms <= options.peers_up_to else names


def _not_measured_again(results: list[Result]) -> list[Result]:
    again = {(result["server"], result["vms"]) for result in results}
    return [each for each in json.loads(RESULTS.read_text()) if (each["server"], each["vms"]) not in again]


def main() -> None:
    """Measures, and writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vcsim", type=int, nargs="*", default=[1000, 4000], help="numbers of VMs")
    parser.add_argument("--lab", type=int, nargs="*", default=[1000, 4000, 10000, 40000], help="numbers of VMs")
    parser.add_argument("--times", type=int, default=3, help="how often each contender runs")
    parser.add_argument("--peers-up-to", type=int, default=1000, help="community.vmware takes minutes for more VMs")
    parser.add_argument("--pyvmomi-up-to", type=int, default=10000, help="and so does plain pyVmomi")
    parser.add_argument("--only-write", action="store_true", help="write README.md and growth.svg from results.json")
    options = parser.parse_args()
    if not options.only_write:
        results: list[Result] = []
        for server in ("vcsim", "lab"):
            for vms in getattr(options, server):
                results += compared(server, vms, contenders(vms, options), options.times)
        RESULTS.write_text(json.dumps([*_not_measured_again(results), *results], indent=1) + "\n")
    results = sorted(json.loads(RESULTS.read_text()), key=lambda each: (each["server"] == "lab", each["vms"]))
    before, _begin, rest = README.read_text().partition(BEGIN)
    README.write_text(before + BEGIN + "\n" + table(results) + "\n" + END + rest.partition(END)[2])
    picture.draw(results, PICTURE)


if __name__ == "__main__":
    main()
