# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before every method of a VM: disabled methods, and one task at a time."""

from __future__ import annotations

import functools
import typing as t

from .core import Call
from .sdk import vim, vmodl
from .tasks import task

if t.TYPE_CHECKING:
    from .vms import VirtualMachine

Any = t.Any
_STATES = {"poweredOn": "Powered on", "poweredOff": "Powered off", "suspended": "Suspended"}
Method = t.TypeVar("Method", bound=t.Callable[..., Any])


def guarded(description: str) -> t.Callable[[Method], Method]:
    """Make a method a task that is refused while another one runs (rule one_reconfigure_at_a_time)."""

    def wrap(method: Method) -> Method:
        started = task(description)(method)

        @functools.wraps(started)
        def start(self: VirtualMachine, call: Call, *arguments: Any) -> Any:
            check(self, call.method)
            self.running_task = started(self, call, *arguments)
            return self.running_task

        return t.cast(Method, start)

    return wrap


def check(vm: VirtualMachine, method: str) -> None:
    """Refuse a disabled method (rule disabled_methods), a VM that is not reached, and a second task."""
    if method in vm.disabled:
        raise vim.fault.MethodDisabled(source="vsphere_lab", msg=f"The method is disabled by 'vsphere_lab': {method}")
    if vm.properties["runtime"].connectionState != "connected":
        raise vim.fault.InvalidState(msg="The operation is not allowed in the current connection state of the VM.")
    if not vm.host.connected:
        raise vmodl.fault.HostNotConnected(msg="Unable to communicate with the remote host, since it is disconnected.")
    running = vm.running_task
    known = running is not None and running._moId in vm.lab.objects
    if known and vm.lab.get(running).get("info.state") in ("queued", "running"):
        raise vim.fault.TaskInProgress(task=running, msg="The operation is not allowed: another task is in progress.")


def wrong_power_state(vm: VirtualMachine, wanted: str | None = None) -> Exception:
    """Return the fault for an operation that this power state does not allow."""
    text = f"The attempted operation cannot be performed in the current state ({_STATES[vm.power]})."
    return t.cast(Exception, vim.fault.InvalidPowerState(requestedState=wanted, existingState=vm.power, msg=text))
