# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's time: it stands still until somebody moves it, unless the server lets it tick."""

from __future__ import annotations

import datetime
import time

START = datetime.datetime(2026, 3, 2, 8, 0, 0, tzinfo=datetime.timezone.utc)


class Clock:
    """Tell the lab's time, the same on every run."""

    def __init__(self, start: datetime.datetime = START, ticking: bool = False) -> None:
        self._now = start
        self._since = time.monotonic() if ticking else None

    def now(self) -> datetime.datetime:
        """Return the lab's time in UTC."""
        if self._since is None:
            return self._now
        return self._now + datetime.timedelta(seconds=time.monotonic() - self._since)

    def advance(self, seconds: float) -> None:
        """Move the lab's time forward; it never goes back."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self._now += datetime.timedelta(seconds=seconds)

    @property
    def ticking(self) -> bool:
        """Tell whether the lab's time runs with real time."""
        return self._since is not None

    def tick(self) -> None:
        """Run with real time from now on, as a server should."""
        if self._since is None:
            self._since = time.monotonic()
