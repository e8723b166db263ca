# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The side door: what tests and the demo may do that no vSphere API offers."""

from __future__ import annotations

import typing as t

Any = t.Any
ACTIONS: dict[str, t.Callable[..., Any]] = {}
