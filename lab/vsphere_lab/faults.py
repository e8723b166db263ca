# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on a script: the nth call of a method on an object fails, waits, is cut off, or meets another's edit."""

from __future__ import annotations

import dataclasses
import time
import typing as t

from .core import Call, Lab, make
from .sdk import VmomiSupport, vim, vmodl

Any = t.Any
PAGE_503 = "<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"


class Cut(Exception):
    """The connection goes away without an answer."""


@dataclasses.dataclass
class Answer(Exception):
    """An answer that is no SOAP: an HTML page, garbage, or a SOAP answer that stops in the middle."""

    status: int
    body: str | None = None  # None: the real answer, truncated
    content_type: str = "text/xml; charset=utf-8"
    result: Any = None


@dataclasses.dataclass
class Rule:
    """From the nth matching call on, for so many calls (0: for ever), do one thing."""

    method: str = "*"
    object: str | None = None  # an id or a name
    nth: int = 1
    times: int = 1
    fault: Any = None  # at the call: a fault's name, or {type: name, field: value …}
    task_fault: Any = None  # in the task, after the call was accepted
    delay: float = 0.0
    task_delay: float = 0.0
    cut: t.Literal["before", "after", None] = None
    expire: bool = False
    http: int | None = None  # a status with an HTML page
    garbage: bool = False
    truncate: bool = False
    edit: dict[str, Any] | None = None  # a side-door action {action: …, arguments …}: another admin is quicker
    run: t.Callable[[Call], None] | None = None  # anything, for tests in process
    seen: int = 0

    def __post_init__(self) -> None:
        for description in (self.fault, self.task_fault):
            if description is not None and not isinstance(description, Exception):
                _fault_class(description)

    def hits(self, call: Call) -> bool:
        """Count a matching call and tell whether it is one of those to spoil."""
        if self.method not in ("*", call.method) or not self._is_about(call):
            return False
        self.seen += 1
        return self.seen >= self.nth and (self.times == 0 or self.seen < self.nth + self.times)

    def _is_about(self, call: Call) -> bool:
        if self.object in (None, call.moid):
            return True
        target = call.lab.objects.get(call.moid)
        return target is not None and target.properties.get("name") == self.object

    def before(self, call: Call) -> None:
        """Do what happens instead of the work, or just before it."""
        if self.delay:
            time.sleep(self.delay)
        if self.edit is not None:
            call.lab.door(**self.edit)
        if self.run is not None:
            self.run(call)
        if self.expire and call.session is not None:
            with call.lab.lock:
                call.lab.service("sessionManager").close(call.session)
        if self.cut == "before":
            raise Cut
        if self.http is not None:
            raise Answer(self.http, PAGE_503.replace("503", str(self.http)), "text/html")
        if self.garbage:
            raise Answer(200, "<?xml version='1.0'?><soapenv:Envelope <<< not XML")
        if self.fault is not None:
            raise build_fault(call.lab, self.fault)
        if self.task_fault is not None:
            self.task_fault = build_fault(call.lab, self.task_fault)

    def in_task(self) -> None:
        """Fail inside the task."""
        if self.task_fault is not None:
            raise self.task_fault

    def after(self, call: Call, result: Any) -> None:
        """Do what happens once the work is done: the client will not learn of it."""
        if self.cut == "after":
            raise Cut
        if self.truncate:
            raise Answer(200, result=result)


class Script:
    """All rules, in the order in which they were given."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, **rule: Any) -> Rule:
        """Add a rule; its fields are those of Rule."""
        self.rules.append(Rule(**rule))
        return self.rules[-1]

    def clear(self) -> None:
        """Forget all rules."""
        self.rules.clear()

    def due(self, call: Call) -> list[Rule]:
        """Return the rules that hit this call."""
        return [rule for rule in self.rules if rule.hits(call)] if self.rules else []


def _fault_class(description: Any) -> Any:
    name = description["type"] if isinstance(description, dict) else description
    short = name.rpartition(".")[2]
    for space in (vim.fault, vmodl.fault, vmodl.query, vmodl):
        kind = getattr(space, short, None)
        if isinstance(kind, type) and issubclass(kind, vmodl.MethodFault):
            return kind
    raise ValueError(f"no fault is named {name!r}")


def build_fault(lab: Lab, description: Any) -> Exception:
    """Make a fault from its name or from {type, field: value …}; an object is given by its id."""
    if isinstance(description, Exception):
        return description
    kind = _fault_class(description)
    fields = {k: v for k, v in description.items() if k != "type"} if isinstance(description, dict) else {}
    for name, value in fields.items():
        if name != "msg" and issubclass(kind._GetPropertyInfo(name).type, VmomiSupport.ManagedObject):
            fields[name] = lab.get(value).ref
    fields.setdefault("msg", f"Scripted fault: {kind._wsdlName}")
    made = make(kind, **fields)
    for info in kind._GetPropertyList():  # a reference that must be there, such as TaskInProgress.task
        if getattr(made, info.name) is None and not info.flags & VmomiSupport.F_OPTIONAL:
            setattr(made, info.name, info.type("unknown"))
    return t.cast("Exception", made)


def add_fault(lab: Lab, **rule: Any) -> dict[str, Any]:
    """Side door `fault`: script a fault (fields of Rule)."""
    return {"rules": len(lab.script.rules) + 1, "method": lab.script.add(**rule).method}


def clear_faults(lab: Lab) -> dict[str, Any]:
    """Side door `faults_clear`: forget all scripted faults."""
    lab.script.clear()
    return {"rules": 0}
