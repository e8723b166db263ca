# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to this collection: it may change without notice. Do not import it from elsewhere.
"""Names as a page may show them. Anybody who may rename a VM can write into a report."""

from __future__ import annotations

import typing as t
import unicodedata

_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}
"""Categories of characters that can't be seen but change what is seen: escapes, directions, lines, halves of pairs."""


def visible(value: t.Any) -> t.Any:
    """Returns a value out of JSON in which each character that would hide or turn round others is spelled out."""
    if isinstance(value, str):
        return _shown(value)
    if isinstance(value, dict):
        return {str(key): visible(item) for key, item in value.items()}
    return [visible(item) for item in value] if isinstance(value, (list, tuple)) else value


def _shown(text: str) -> str:
    # Most texts are plain, and there are tens of thousands of them.
    if text.isascii() and text.isprintable():
        return str(text)
    return "".join(f"[U+{ord(each):04X}]" if unicodedata.category(each) in _HIDDEN else each for each in text)
