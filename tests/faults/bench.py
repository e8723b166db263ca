# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated vCenter that listens, and modules that run against it, each in a process of its own."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import typing as t

import vsphere_lab

from .stories import ESTATE, STORIES, Story
from .truth import Truth, state

HERE = pathlib.Path(__file__).parent
ADMIN, PASSWORD = "administrator@vsphere.local", "VMware1!"
PATIENCE = 60.0  # seconds within which every run has to come to its end


class Forks:
    """The process that the modules' processes are forked from."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "forks.py"), str(theirs.fileno())],
            env={**os.environ, "PYTHONPATH": os.environ["ANSIBLE_COLLECTIONS_PATH"]},
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def start(
        self, module: str, arguments: dict[str, t.Any], *, warm_up: bool = False, patience: float = PATIENCE
    ) -> Running:
        job = {"module": module, "arguments": arguments, "warm_up": warm_up}
        ours, theirs = socket.socketpair()
        with theirs:
            ours.sendall(json.dumps(job).encode() + b"\n")
            socket.send_fds(self._control, [b"x"], [theirs.fileno()])
        return Running(ours, patience)

    def stop(self) -> None:
        self._control.close()
        self._process.wait(PATIENCE)


class Running:
    """A module's process."""

    def __init__(self, connection: socket.socket, patience: float) -> None:
        connection.settimeout(patience)
        self._output = connection.makefile("r")
        connection.close()
        self.pid = int(self._output.readline())

    def output(self) -> str:
        """Waits for the end of the process and returns all that it printed, errors included."""
        with self._output:
            return self._output.read()


class Bench:
    """One vCenter. It plays its scenario from the start for each trial, whatever the last one left behind."""

    def __init__(self, forks: Forks) -> None:
        self._forks = forks
        self.lab = vsphere_lab.load(ESTATE)
        self._server = vsphere_lab.serve(self.lab)
        self.host, self.port, self.ca_file = self._server.host, self._server.port, self._server.ca_file
        self.lab.tasks_async = False  # a task has ended when its call returns: each run makes the same calls

    def warm_up(self) -> None:
        """Lets the process that all others are forked from get to know what they will need."""
        for story in STORIES:
            self.reset()
            self.start(story, warm_up=True).output()

    def stop(self) -> None:
        self._server.stop()

    def reset(self) -> None:
        self.settle()
        self.lab.switches = dict(self.lab.world.answers)
        self.lab.play(self.lab.scenario)

    def start(self, story: Story, *, warm_up: bool = False, **more: t.Any) -> Running:
        connection = {
            "hostname": self.host,
            "port": self.port,
            "ca_path": self.ca_file,
            "username": ADMIN,
            "password": PASSWORD,
        }
        arguments = {"_ansible_diff": True, **connection, **story.options, **more}
        return self._forks.start(story.module, arguments, warm_up=warm_up)

    def run(self, story: Story, **more: t.Any) -> str:
        return self.start(story, **more).output()

    def settle(self) -> None:
        """Waits until the server has nothing left to do: it may still be busy with what nobody waits for any more."""
        deadline = time.monotonic() + PATIENCE
        while self._server.idle_seconds == 0.0 and time.monotonic() < deadline:
            time.sleep(0.005)

    def truth(self) -> Truth:
        return state(self.lab)

    def sessions(self) -> int:
        """How many logins the server still holds."""
        return len(self.lab.service("sessionManager").sessions)

    def sessions_after(self, minutes: int) -> int:
        """How many there are after that time without a call."""
        self.lab.clock.advance(minutes * 60)
        self.lab.service("sessionManager").by_cookie(None)  # whoever comes makes it look
        return self.sessions()
