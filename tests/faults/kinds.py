# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong: what the lab is told to do to one call, and what of it the message has to name."""

from __future__ import annotations

import dataclasses
import typing as t

from vsphere_lab.behaviour import SWITCHES

REQUEST_TIMEOUT = 1
"""Seconds: the shortest that there is."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of fault, the options that a run needs to meet it, and the lab's answer to what isn't known."""

    name: str
    rule: dict[str, t.Any]
    named: str = ""
    options: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    switches: dict[str, str] = dataclasses.field(default_factory=dict)


def _faults() -> t.Iterator[Kind]:
    for name in ("ConcurrentAccess", "TaskInProgress", "InvalidPowerState", "HostConfigFault"):
        yield Kind(name, {"fault": name}, named=name)
    denied = {"type": "NoPermission", "object": "group-d1", "privilegeId": "System.Read"}
    yield Kind("NoPermission", {"fault": denied}, named="NoPermission")


FAULTS = tuple(_faults())
IN_TASK = tuple(
    dataclasses.replace(kind, name=f"{kind.name} in the task", rule={"task_fault": kind.rule["fault"]})
    for kind in FAULTS
)
EXPIRED = tuple(
    Kind(
        f"the session has expired, reads are answered: {answer}",
        {"expire": True},
        named="NotAuthenticated",
        switches={"read_without_session": answer},
    )
    for answer in SWITCHES["read_without_session"].choices
)
BROKEN = (
    Kind("the connection is cut before the work is done", {"cut": "before"}),
    Kind("the connection is cut after the work is done", {"cut": "after"}),
    Kind("the server is gone from here on", {"cut": "before", "times": 0}),
    Kind(
        "no answer within request_timeout, and the work is done later",
        {"delay": REQUEST_TIMEOUT + 0.4},
        named="request_timeout",
        options={"request_timeout": REQUEST_TIMEOUT},
    ),
    Kind("HTTP 503 with a page of HTML", {"http": 503}, named="503"),
    Kind("an answer that is no XML", {"garbage": True}),
    Kind("an answer that stops in the middle", {"truncate": True}),
)
KINDS = (*BROKEN, *EXPIRED, *FAULTS)


def cases(calls: t.Sequence[str], writes: t.Collection[str], turn: int, *, every: bool) -> list[tuple[int, Kind]]:
    """Returns which call meets what: a write everything, the first story's login every broken answer; each other call
    one of them or one of vSphere's faults in turn, and each second call the loss of its session. Or all to all.

    Before the login there is no session to lose.
    """
    login = calls.index("Login") + 1
    others = (*BROKEN, *FAULTS)
    found = []
    for nth, method in enumerate(calls, 1):
        kinds = [others[(nth + turn) % len(others)], *([EXPIRED[nth % len(EXPIRED)]] if (nth + turn) % 2 else [])]
        if every or method in writes:
            kinds = [*KINDS, *(IN_TASK if method.endswith("_Task") else ())]
        elif method == "Login" and not turn:
            kinds = [*BROKEN]
        found += [(nth, kind) for kind in kinds if kind not in EXPIRED or nth > login]
    return found
