# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""vSphere's faults and the network's become our errors here: what was being done, to what, and what to do now."""

from __future__ import annotations

import contextlib
import http.client
import pathlib
import traceback
import typing as t
import xml.parsers.expat
from collections.abc import Iterator

from .._domain.errors import (
    Conflict,
    ConnectionFailed,
    MacguardError,
    NotFound,
    PermissionMissing,
    TimedOut,
    Unintelligible,
    Unsupported,
    VsphereFault,
)
from .sdk import vim, vmodl


@contextlib.contextmanager
def doing(operation: str, *, writes: bool = False) -> Iterator[None]:
    """Turns every failure inside into a MacguardError that begins "Failed to <operation>".

    `writes` says that the calls inside change the object: only of them ConcurrentAccess says that nothing was changed.
    """
    try:
        yield
    except MacguardError:
        raise
    except vmodl.MethodFault as fault:
        raise translate(fault, operation, writes=writes) from fault
    except (OSError, http.client.HTTPException, xml.parsers.expat.ExpatError) as exc:
        raise lost(exc, operation, writes=writes) from exc
    # What a server may answer that nobody has foreseen has no end; a traceback would tell an admin less.
    except Exception as exc:
        raise puzzling(exc, operation) from exc


@contextlib.contextmanager
def before_writing() -> Iterator[None]:
    """Marks every failure inside as one that came before the write."""
    try:
        yield
    except MacguardError as exc:
        exc.begun = False
        raise


def translate(fault: t.Any, operation: str, *, writes: bool = False) -> MacguardError:
    """Returns our error for a vSphere fault; its own name and message stay in the text."""
    error = _translated(fault, operation, writes=writes)
    # These are said before any work; of others, such as HostConfigFault, part may have been done.
    refusals = (vim.fault.ConcurrentAccess, vim.fault.NoPermission, vmodl.fault.ManagedObjectNotFound)
    if writes and isinstance(fault, refusals):
        error.begun = False
    return error


def _translated(fault: t.Any, operation: str, *, writes: bool) -> MacguardError:
    text = f"Failed to {operation}: {describe(fault)}"
    details = {"fault": fault_name(fault)}
    # Before NoPermission, of which it is a kind.
    if isinstance(fault, vim.fault.NotAuthenticated):
        return ConnectionFailed(f"{text} The session has ended; run again.", **details)
    if isinstance(fault, vim.fault.NoPermission):
        where = name_of(fault.object)
        return PermissionMissing(
            f"Failed to {operation}: the account lacks the privilege {fault.privilegeId} on {where}. "
            f"Grant it there (or on a parent, propagated) and run again. [{describe(fault)}]",
            privilege=fault.privilegeId,
            object=where,
            **details,
        )
    if writes and isinstance(fault, vim.fault.ConcurrentAccess):
        return Conflict(f"{text} Somebody else changed it at the same time; nothing was overwritten.", **details)
    if isinstance(fault, vmodl.fault.ManagedObjectNotFound):
        return NotFound(f"{text} It was removed since it was looked up; run again.", **details)
    if isinstance(fault, (vmodl.fault.NotSupported, vmodl.fault.MethodNotFound)):
        return Unsupported(f"{text} This vCenter or host can't do that.", **details)
    return VsphereFault(text, **details)


def lost(exc: Exception, operation: str, *, writes: bool) -> MacguardError:
    """Returns our error for a broken connection: whether the server did the work can't be known from here."""
    then = "Whether it was done is not known; run again to find out." if writes else "Run again."
    if isinstance(exc, TimeoutError):
        return TimedOut(f"Failed to {operation}: no answer within request_timeout. {then}")
    reason = str(exc) or type(exc).__name__
    return ConnectionFailed(f"Failed to {operation}: the connection broke ({type(exc).__name__}: {reason}). {then}")


def puzzling(exc: Exception, operation: str) -> MacguardError:
    """Returns our error for an answer that no code was written for, with the place where that came up."""
    *_calls, (frame, line) = traceback.walk_tb(exc.__traceback__)
    place = "/".join(pathlib.PurePath(frame.f_code.co_filename).parts[-2:])
    return Unintelligible(
        f"Failed to {operation}: an answer makes no sense to this module ({type(exc).__name__}: {exc}; {place}, line "
        f"{line}). What it had changed before, if anything, is as the rest of this result says. Please report it with "
        "this text and the version of vSphere: the server or the module is at fault, not the options."
    )


_TELLING = ("reason", "property", "invalidProperty", "name", "portgroupName", "portKey", "vspanSessionKey")


def fault_name(fault: t.Any) -> str:
    """Returns the name as in the API reference, such as "HostConfigFault"."""
    return type(fault).__name__.rsplit(".", 1)[-1]


def describe(fault: t.Any) -> str:
    """Returns vSphere's own words: fault name, message, and the parts that name a property, a host or a reason."""
    parts = [str(fault.msg)] if getattr(fault, "msg", None) else []
    parts += [str(note.message) for note in getattr(fault, "faultMessage", None) or () if note.message]
    for name in _TELLING:
        value = getattr(fault, name, None)
        if value and isinstance(value, str):
            parts.append(f"{name} {value}")
    for failed in getattr(fault, "hostFault", None) or ():
        parts.append(f"{name_of(failed.host)}: {describe(failed.fault)}")
    words = "; ".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
    return f"{fault_name(fault)}: {words}" if words else fault_name(fault)


def name_of(ref: t.Any) -> str:
    """Returns "name (moid)" of a managed object as far as this account may read it."""
    if ref is None:
        return "an unnamed object"
    try:
        return f"{ref.name} ({ref._moId})"
    # The name is a courtesy: the original fault matters more than why the name can't be read.
    except Exception:
        return str(ref._moId)
