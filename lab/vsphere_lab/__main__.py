# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the lab: `python -m vsphere_lab --scenario nested` prints one JSON line that says where it is."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shlex
import signal
import sys
import threading

import vsphere_lab
from vsphere_lab import behaviour, scenario

IDLE_EXIT = 7200.0


def _switch(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not SWITCH=VALUE")
    return name, value


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vsphere_lab", description="A simulated vCenter or ESXi.")
    parser.add_argument("--scenario", default="nested", help="name of a scenario, or the path of a file")
    parser.add_argument("--recording", metavar="DIR", help="replay what `govc object.save -d DIR` wrote")
    parser.add_argument("--list", action="store_true", help="list the scenarios and stop")
    parser.add_argument("--rules", action="store_true", help="print the table of rules and stop")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--vms", type=int, help="size of a generated estate")
    parser.add_argument(
        "--set", type=_switch, action="append", default=[], metavar="SWITCH=VALUE", help="answer an assumption"
    )
    parser.add_argument("--ready-file", help="written when the server answers; same JSON as on standard output")
    parser.add_argument("--ca-file", help="where to write the certificate authority")
    parser.add_argument("--pid-file")
    parser.add_argument("--task-delay", type=float, default=0.02, help="seconds that each task takes")
    parser.add_argument("--real-time", action="store_true", help="let the lab's clock tick")
    parser.add_argument("--idle-exit", type=float, default=IDLE_EXIT, help="stop after so many idle seconds")
    return parser.parse_args(argv)


def _serve(arguments: argparse.Namespace) -> vsphere_lab.Server:
    source = arguments.scenario
    if arguments.recording is not None:
        source = pathlib.Path(arguments.recording)
        if not source.is_dir():
            raise ValueError(f"no directory {arguments.recording}")
    lab = vsphere_lab.load(source, dict(arguments.set), arguments.seed, arguments.vms)
    for note in lab.notes:
        print(f"vsphere_lab: {note}", file=sys.stderr)
    if arguments.real_time:
        lab.clock.tick()
    return vsphere_lab.serve(lab, arguments.port, ca_file=arguments.ca_file, task_delay=arguments.task_delay)


def _announce(server: vsphere_lab.Server, arguments: argparse.Namespace) -> None:
    about = {"url": server.url, "host": server.host, "port": server.port, "ca_file": server.ca_file, "pid": os.getpid()}
    line = json.dumps(about)
    if arguments.pid_file:
        pathlib.Path(arguments.pid_file).write_text(f"{os.getpid()}\n", encoding="utf-8")
    if arguments.ready_file:
        ready = pathlib.Path(arguments.ready_file)
        part = ready.with_name(ready.name + ".part")  # whoever waits for the file must not read half of it
        part.write_text(line + "\n", encoding="utf-8")
        part.replace(ready)
    print(line, flush=True)
    if sys.stdout.isatty():
        print(_for_people(server), flush=True)


def _for_people(server: vsphere_lab.Server) -> str:
    """What to paste into another terminal, so that ansible-playbook asks this lab."""
    given = {"HOST": server.host, "PORT": server.port, "CA_PATH": server.ca_file}
    given |= {"USER": "administrator@vsphere.local", "PASSWORD": "VMware1!"}
    return f"export {' '.join(f'VMWARE_{name}={shlex.quote(str(value))}' for name, value in given.items())}"


def main(argv: list[str] | None = None) -> None:
    """Serve until a signal comes or nobody has asked for anything for a while."""
    arguments = _arguments(argv)
    if arguments.rules:
        print(behaviour.table(), end="")
        return
    if arguments.list:
        for name in scenario.names():
            print(f"{name}: {scenario.load(name).title}")
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = _serve(arguments)
    except (ValueError, OSError) as error:  # a scenario, a switch, a port: the user's to put right
        sys.exit(f"vsphere_lab: {error}")
    with server:
        _announce(server, arguments)
        while not stop.wait(0.2) and server.idle_seconds < arguments.idle_exit:
            pass


if __name__ == "__main__":
    main()
