# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A property as it was recorded: shown until something changes, then the lab's own view of what changed."""

from __future__ import annotations

import dataclasses
import typing as t

from .values import changed

Any = t.Any


@dataclasses.dataclass(frozen=True)
class Kept:
    """The recorded value, and the fields of it that the lab computes anew once the property has changed."""

    stamp: t.Hashable
    value: Any
    live: tuple[str, ...] = ()

    def shown(self, stamp: t.Hashable, own: t.Callable[[], Any]) -> Any:
        """Return the recorded value as long as the stamp is the old one."""
        if stamp == self.stamp:
            return self.value
        now = own()
        if not self.live or self.value is None or now is None:
            return now
        return changed(self.value, **{name: getattr(now, name) for name in self.live})
