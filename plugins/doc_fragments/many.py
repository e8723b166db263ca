# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of modules that change many objects in one task."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  parallel:
    description: How many objects are changed side by side. Each such wave is read back before the next one begins.
    type: int
    default: 8
  max_failures:
    description: After this many failures no further wave is begun; what was not begun is listed in RV(untouched).
    type: int
    default: 1
"""
