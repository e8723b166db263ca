# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Waiting for many vSphere tasks at once: one filter over all of them, one call per batch of news."""

from __future__ import annotations

import contextlib
import time
import typing as t
from collections.abc import Iterator, Mapping

from .._domain.errors import MacguardError, TimedOut
from . import faults
from .sdk import vim, vmodl
from .session import Session

_PAUSE = 0.3  # seconds


def wait(session: Session, tasks: Mapping[str, t.Any], operation: str) -> Mapping[str, MacguardError]:
    """Waits until all tasks have ended; returns the error of each that failed or hasn't ended within task_timeout.

    The keys name the objects: "Failed to <operation> <key>: …".
    """
    deadline = time.monotonic() + session.options.task_timeout
    by_ref = {task._moId: name for name, task in tasks.items()}
    errors: dict[str, MacguardError] = {}
    try:
        with faults.doing(f"wait for {len(tasks)} tasks ({operation} {', '.join(tasks)})"):
            for moid, info in _ends(session, list(tasks.values()), deadline):
                name = by_ref.pop(moid)
                if info.state == vim.TaskInfo.State.error:
                    errors[name] = faults.translate(info.error, f"{operation} {name}", writes=True)
    except MacguardError as exc:
        return {**errors, **dict.fromkeys(by_ref.values(), _lost_sight(exc))}
    seconds = session.options.task_timeout
    for name in by_ref.values():
        errors[name] = TimedOut(
            f"Failed to {operation} {name}: its task hasn't ended within {seconds} s (task_timeout) and goes on. "
            "Run again to find out."
        )
    return errors


def _lost_sight(why: MacguardError) -> MacguardError:
    """Returns the error of a task that nobody waits for any more: it has begun, and goes on."""
    error = type(why)(f"{why.message} The tasks go on; whether it was done is not known.", **why.details())
    error.goes_on = True
    return error


def _ends(session: Session, tasks: list[t.Any], deadline: float) -> Iterator[tuple[str, t.Any]]:
    """Yields each task's id and info once it has ended, until all have or the time is over."""
    pending = {task._moId for task in tasks}
    collector = session.content.propertyCollector
    version = ""
    with _filtered(collector, tasks) if tasks else contextlib.nullcontext():
        while pending and (left := deadline - time.monotonic()) > 0:
            # Clearly shorter than the socket's patience, or a long task would look like a dead server.
            seconds = int(min(left, session.options.request_timeout / 2))
            news = collector.WaitForUpdatesEx(
                version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=seconds)
            )
            if news is None:
                # The server waits whole seconds; where none fits in, it answers at once and the wait is here.
                time.sleep(0 if seconds else min(left, _PAUSE))
                continue
            version = news.version
            for moid, info in _infos(news):
                if moid in pending and info.state in (vim.TaskInfo.State.success, vim.TaskInfo.State.error):
                    pending.discard(moid)
                    yield moid, info


@contextlib.contextmanager
def _filtered(collector: t.Any, tasks: list[t.Any]) -> Iterator[None]:
    query = vmodl.query.PropertyCollector
    spec = query.FilterSpec(
        propSet=[query.PropertySpec(type=vim.Task, pathSet=["info"])],
        objectSet=[query.ObjectSpec(obj=task) for task in tasks],
    )
    # Whole values instead of paths within `info`, since a task may end between two looks.
    watch = collector.CreateFilter(spec, False)
    try:
        yield
    finally:
        # It ends with the session anyway, and what broke the connection matters more.
        with contextlib.suppress(Exception):
            watch.DestroyPropertyFilter()


def _infos(news: t.Any) -> Iterator[tuple[str, t.Any]]:
    for updated in news.filterSet or ():
        for change in updated.objectSet or ():
            for prop in change.changeSet or ():
                if prop.name == "info" and prop.val is not None:
                    yield str(change.obj._moId), prop.val
