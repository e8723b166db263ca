# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed what in a lab, as the lab itself saw it: what all who work at the same time say is held against it."""

from __future__ import annotations

import contextlib
import dataclasses
import types
import typing as t
from collections.abc import Iterator

import vsphere_lab
from vsphere_lab.core import Call

from .truth import Flat, differing, state


@dataclasses.dataclass(frozen=True)
class Deed:
    """One change of one object."""

    user: str
    subject: str
    before: Flat | None
    after: Flat | None


class Chronicle:
    """All changes by these methods, and by another admin, in order."""

    def __init__(self, lab: vsphere_lab.Lab, writes: tuple[str, ...]) -> None:
        self.deeds: list[Deed] = []
        self._lab = lab
        dispatch = type(lab)._dispatch

        def watched(_lab: vsphere_lab.Lab, call: Call) -> t.Any:
            with self._watching(call.user) if call.method in writes else contextlib.nullcontext():
                return dispatch(lab, call)

        lab._dispatch = types.MethodType(watched, lab)  # type: ignore[method-assign]

    def edit(self, user: str, **edit: t.Any) -> None:
        """Lets another admin change something."""
        with self._watching(user):
            self._lab.door("edit", **edit)

    def of(self, user: str) -> dict[str, list[Deed]]:
        """Returns what the user did, by object."""
        mine = [deed for deed in self.deeds if deed.user == user]
        return {deed.subject: [each for each in mine if each.subject == deed.subject] for deed in mine}

    def end(self) -> None:
        """Watches no longer."""
        del self._lab._dispatch

    @contextlib.contextmanager
    def _watching(self, user: str) -> Iterator[None]:
        with self._lab.lock:
            before = state(self._lab)
            yield
            after = state(self._lab)
            self.deeds += [Deed(user, each, before.get(each), after.get(each)) for each in differing(before, after)]
