# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Names in a sentence: few enough to be read, and without anything that a terminal would obey."""

from __future__ import annotations

from collections.abc import Sequence


def few(names: Sequence[str], most: int = 5) -> str:
    """Returns the names with commas; of more than a few, the rest is counted."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def visible(text: str) -> str:
    """Returns the text with its control characters spelled out: a name must neither move the cursor nor forge lines."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
