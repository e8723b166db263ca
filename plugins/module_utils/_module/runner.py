# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""The life of a module: read the options, log in, plan, carry out unless in check mode, report. All of it only here."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Callable, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._domain.errors import MacguardError
from .._domain.plan import Change, Outcome, Plan, State, Status
from .._domain.wording import few, visible
from .._vsphere import faults, sdk, session
from .argspec import VSPHERE, ArgumentSpec, check_connection, check_many
from .result import as_result
from .waves import Writer, carry_out, roll_back

Params = Mapping[str, t.Any]
Request = t.TypeVar("Request")
Reader = t.TypeVar("Reader")
Done = t.TypeVar("Done")


def run_plan(
    spec: ArgumentSpec,
    *,
    request: Callable[[Params], Request],
    gateway: Callable[[session.Session], t.Any],
    plan: Callable[[Request, t.Any], Plan[State]],
    restore: Callable[[Sequence[Change[State]]], t.Any],
    report: Callable[[Plan[State], Sequence[Outcome[State]]], Mapping[str, t.Any]] = lambda plan, _ends: plan.report,
) -> None:
    """Runs a module that changes things.

    `request` turns parameters into a value before anything is connected; `plan` gets it with a gateway of which its
    types show it only the reading half; `restore` returns the option value that brings the given changes back; `report`
    the rest of the result, for those who tell by object how it went.
    """
    module = _module(spec)

    def work(opened: Callable[[], session.Session]) -> tuple[Plan[State], list[Outcome[State]]]:
        check_many(module.params)
        asked = request(module.params)
        hands = gateway(opened())
        planned = plan(asked, hands)
        return planned, [] if module.check_mode else _carry_out(module, planned, hands)

    planned, outcomes = _connected(module, work)
    result = _result(planned, outcomes, restore, would=module.check_mode) | as_result(report(planned, outcomes))
    for warning in planned.warnings:
        module.warn(visible(warning))
    if any(outcome.status is Status.FAILED for outcome in outcomes):
        _fail(module, _in_one(outcomes), result)
    module.exit_json(**result)


def run_facts(
    spec: ArgumentSpec,
    *,
    request: Callable[[Params], Request],
    reader: Callable[[session.Session], Reader],
    facts: Callable[[Request, Reader], Mapping[str, t.Any]],
) -> None:
    """Runs a module that only reads; `facts` returns the result, `ansible_facts` included."""
    module = _module(spec)

    def work(opened: Callable[[], session.Session]) -> Mapping[str, t.Any]:
        asked = request(module.params)
        return facts(asked, reader(opened()))

    module.exit_json(changed=False, **as_result(_connected(module, work)))


def _connected(module: AnsibleModule, work: Callable[[Callable[[], session.Session]], Done]) -> Done:
    """Returns what the work returns; it logs in by calling its argument, so bad options fail before any connection."""
    done = _attempt(module.params, work)
    if isinstance(done, MacguardError):
        _fail(module, done, {"changed": False})
    return done


def _attempt(params: Params, work: Callable[[Callable[[], session.Session]], Done]) -> Done | MacguardError:
    """Returns the error, for failing in an except block makes Ansible add causes that the message tells already."""
    try:
        with contextlib.ExitStack() as stack, faults.doing("work with vSphere"):
            check_connection(params)
            options = session.Options.of(params)
            return work(lambda: stack.enter_context(session.open_session(options)))
    except MacguardError as exc:
        return exc


def _module(spec: ArgumentSpec) -> AnsibleModule:
    whole = VSPHERE.merge(spec)
    try:
        module = AnsibleModule(supports_check_mode=True, **whole.kwargs())
    except TypeError:
        # ansible-core stumbles over a number or a boolean in place of a dictionary; it names the option if it needn't
        # look inside.
        AnsibleModule(supports_check_mode=True, **whole.without_suboptions().kwargs())
        raise
    if sdk.IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("pyVmomi >= 8.0.3"), exception=sdk.IMPORT_ERROR)
    return module


def _carry_out(module: AnsibleModule, plan: Plan[State], writer: Writer[State]) -> list[Outcome[State]]:
    size = module.params["parallel"]
    # A module can't print while it runs; its log (syslog or journal) is where a long run can be followed.
    outcomes = carry_out(plan, writer, size=size, max_failures=module.params["max_failures"], tell=module.log)
    if module.params.get("rollback") and any(outcome.status is Status.FAILED for outcome in outcomes):
        return roll_back(outcomes, writer, size=size)
    return outcomes


def _result(
    plan: Plan[State],
    outcomes: Sequence[Outcome[State]],
    restore: Callable[[Sequence[Change[State]]], t.Any],
    *,
    would: bool,
) -> dict[str, t.Any]:
    by_status = {status: [o for o in outcomes if o.status is status] for status in Status}
    shown = plan.needed if would else [o.change for o in outcomes if o.touched]
    return {
        "changed": bool(shown),
        "diff": {
            "before": {change.subject: as_result(change.before) for change in shown},
            "after": {change.subject: as_result(_reached(change, outcomes)) for change in shown},
        },
        "applied": [o.change.subject for o in by_status[Status.APPLIED]],
        "failed_changes": [_failure(o) for o in by_status[Status.FAILED]],
        "untouched": [o.change.subject for o in by_status[Status.UNTOUCHED]],
        "restore": as_result(restore(shown)),
    }


def _reached(change: Change[State], outcomes: Sequence[Outcome[State]]) -> State:
    """Returns what was read back where something was, else what is promised."""
    found = next((o.found for o in outcomes if o.change is change), None)
    return change.after if found is None else found


def _failure(outcome: Outcome[State]) -> dict[str, t.Any]:
    error = outcome.error or MacguardError("unknown")
    return {
        "subject": outcome.change.subject,
        "msg": error.message,
        "found": as_result(outcome.found),
        **error.details(),
    }


def _in_one(outcomes: Sequence[Outcome[t.Any]]) -> MacguardError:
    """Returns the first error, with what was changed and what was not in the same message."""
    first = next(o.error for o in outcomes if o.status is Status.FAILED) or MacguardError("unknown")
    subjects = {status: [o.change.subject for o in outcomes if o.status is status] for status in Status}
    tally = [
        f"{word}: {few(subjects[status]) or 'none'}."
        for status, word in _ENDS.items()
        # Without `rollback` nobody asks for it.
        if subjects[status] or status is not Status.ROLLED_BACK
    ]
    return type(first)(" ".join([first.message, *tally]), **first.details())


_ENDS = {
    Status.APPLIED: "Changed",
    Status.ROLLED_BACK: "Taken back",
    Status.FAILED: "Failed",
    Status.UNTOUCHED: "Not begun",
}


def _fail(module: AnsibleModule, error: MacguardError, result: Mapping[str, t.Any]) -> t.NoReturn:
    module.fail_json(msg=error.message, **{**as_result(error.details()), **result})
    raise AssertionError("fail_json doesn't return")
