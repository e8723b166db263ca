# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of names that end, though the estate is large."""

from __future__ import annotations

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.wording import few


@pytest.mark.parametrize(
    ("number", "text"), [(0, ""), (1, "a"), (3, "a, b, c"), (4, "a, b, c and 1 more"), (26, "a, b, c and 23 more")]
)
def test_what_does_not_fit_is_counted(number: int, text: str) -> None:
    assert few([chr(ord("a") + index) for index in range(number)], most=3) == text
