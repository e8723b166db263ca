# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: what a method that ends in _Task returns, and what becomes of it."""

from __future__ import annotations

import functools
import threading
import time
import typing as t

from . import core
from .core import Call, ManagedObject, changed
from .sdk import vim, vmodl

Any = t.Any
Method = t.TypeVar("Method", bound=t.Callable[..., Any])


class Task(ManagedObject):
    """One piece of work that may still be running."""

    wsdl = vim.Task
    prefix = "task"

    def entity(self) -> ManagedObject | None:
        """Any session may look at a task it was given."""
        return None

    def CancelTask(self, call: Call) -> None:
        """Refuse: none of the lab's tasks can be cancelled."""
        if self.get("info.state") in ("success", "error"):
            raise vim.fault.InvalidState(msg="The operation is not allowed in the current state.")
        raise vmodl.fault.NotSupported(msg="The operation is not supported on the object.")

    def SetTaskDescription(self, call: Call, description: Any) -> None:
        """Set the task's description."""
        self.revise("info", description=description)

    def UpdateProgress(self, call: Call, percent: int) -> None:
        """Set the task's progress."""
        self.revise("info", progress=percent)


def task(description: str) -> t.Callable[[Method], Method]:
    """Turn a method into one that returns a Task at once and records the method's result or fault in it."""

    def wrap(method: Method) -> Method:
        @functools.wraps(method)
        def start(self: ManagedObject, call: Call, *arguments: Any) -> Any:
            def work() -> Any:
                return method(self, call, *arguments)

            return begin(call, self, description, work).ref

        start.is_task = True  # type: ignore[attr-defined]
        return t.cast(Method, start)

    return wrap


def begin(call: Call, target: ManagedObject, description: str, work: t.Callable[[], Any]) -> Task:
    """Start a piece of work as a task; it is finished on return unless the lab's tasks are asynchronous."""
    lab = call.lab
    made = _new(call, target, description)
    call.chain = made.get("info.eventChainId")
    lab.post_event(vim.event.TaskEvent(info=made.get("info")))
    if not lab.tasks_async:
        _finish(made, call, work)
        return made
    delay = lab.task_delay + sum(rule.task_delay for rule in call.due)
    threading.Thread(target=_run_later, args=(made, call, work, delay), daemon=True).start()
    return made


def _new(call: Call, target: ManagedObject, description: str) -> Task:
    lab, entity = call.lab, target.entity()
    number = lab.number("task")
    moid = f"task-{number}" if lab.product == "vcenter" else f"haTask-{target.moid}-{description}-{number}"
    info = core.make(
        vim.TaskInfo,
        key=moid,
        task=vim.Task(moid),
        descriptionId=description,
        entity=entity.ref if entity else None,
        entityName=entity.get("name") if entity else None,
        state="queued",
        reason=vim.TaskReasonUser(userName=call.user),
        queueTime=lab.clock.now(),
        eventChainId=lab.number("event"),
        cancelled=False,
        cancelable=False,
    )
    made: Task = lab.add(Task(lab, moid, info=info))
    lab.service("taskManager").keep(made)
    return made


def _run_later(made: Task, call: Call, work: t.Callable[[], Any], delay: float) -> None:
    made.revise("info", state="running", startTime=call.lab.clock.now())
    if delay:
        time.sleep(delay)
    with core.acting(call), call.lab.lock:
        _finish(made, call, work)


def _finish(made: Task, call: Call, work: t.Callable[[], Any]) -> None:
    lab = call.lab
    outcome: dict[str, Any]
    try:
        for rule in call.due:
            rule.in_task()
        outcome = {"state": "success", "result": work(), "progress": 100}
    except vmodl.MethodFault as fault:
        outcome = {"state": "error", "error": fault}
    except Exception as bug:
        core.LOG.exception("%s on %s failed in the lab itself", call.method, call.moid)
        outcome = {"state": "error", "error": vmodl.fault.SystemError(reason=repr(bug), msg=f"Lab bug: {bug!r}")}
    info = made.get("info")
    started = info.startTime or lab.clock.now()
    made.set(info=changed(info, startTime=started, completeTime=lab.clock.now(), **outcome))
