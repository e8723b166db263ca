# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Everything that can go wrong, as values: each error knows its sentence and the details that a result carries."""

from __future__ import annotations

import difflib
import re
import typing as t
from collections.abc import Iterable

from .wording import few, visible


class MacguardError(Exception):
    """A failure that a person can act on: the text says what, on which object, and what to do."""

    begun: bool = True
    """Whether a write that failed with it may have been done all the same, wholly or in part."""
    goes_on: bool = False
    """Whether the server may still be at it, so that not even a read-back tells what becomes of it."""

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.message = visible(message)
        self._details = details

    def details(self) -> dict[str, t.Any]:
        """What the module's result carries beside the text; JSON-safe. `error` is the kind, for playbooks to go by."""
        return {**self._details, "error": re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self).__name__).lower()}


class InvalidOption(MacguardError):
    """What the user asked for contradicts itself or can't be meant."""


class NotFound(MacguardError):
    """A name that hits nothing."""


class Ambiguous(MacguardError):
    """A name that hits several objects."""


class Refused(MacguardError):
    """Possible for vSphere, but it would do harm; nothing was written."""


class Unsupported(MacguardError):
    """This vCenter, host or switch can't do what was asked; nothing was written."""


class ConnectionFailed(MacguardError):
    """No usable session: unreachable, certificate, credentials, session limit."""


class VsphereFault(MacguardError):
    """vSphere said no; its own fault name and message are in the text."""


class PermissionMissing(VsphereFault):
    """The account lacks a privilege; the text names the privilege and the object."""


class Conflict(VsphereFault):
    """Somebody else changed the object between our read and our write, which was refused."""

    begun = False


class TimedOut(MacguardError):
    """vSphere didn't answer or finish in time; whether the work was done is unknown until read again."""

    goes_on = True


class Unintelligible(MacguardError):
    """An answer that makes no sense to this collection, or a mistake in it: the text says where it came up."""


class VerifyFailed(MacguardError):
    """The write was accepted, but what was read back afterwards isn't what was promised."""


def not_found(kind: str, wanted: str, known: Iterable[str], *, where: str = "") -> NotFound:
    """A NotFound that names the nearest known names, so that a typo explains itself."""
    names = sorted(set(known))
    near = difflib.get_close_matches(wanted, names, n=5, cutoff=0.5)
    place = f" {where}" if where else ""
    if near:
        hint = "Near names: " + ", ".join(near) + "."
    elif not names:
        hint = f"There is no {kind} there, or this account can't see any."
    else:
        hint = f"Known there: {few(names, most=10)}."
    return NotFound(f"There is no {kind} named '{wanted}'{place}. {hint}", candidates=near or names[:10])


def ambiguous(kind: str, wanted: str, candidates: Iterable[str], *, use: str) -> Ambiguous:
    """An Ambiguous error that lists what the name hits and which option tells them apart."""
    found = sorted(candidates)
    return Ambiguous(
        f"'{wanted}' is the name of {len(found)} {kind}s: {few(found, most=10)}. {use}",
        candidates=found[:10],
    )
