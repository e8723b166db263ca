# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the checkout importable under its collection name, whatever folder it stands in."""

from __future__ import annotations

import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent


def _mount(name: str, path: pathlib.Path) -> None:
    module = types.ModuleType(name)
    module.__path__ = [str(path)]
    sys.modules[name] = module


# No symlink and no copy: the tests import the very files of this checkout, so that they can't test a stale one.
_mount("ansible_collections", ROOT / ".absent")
_mount("ansible_collections.macguard", ROOT / ".absent")
_mount("ansible_collections.macguard.vsphere", ROOT)
sys.path.insert(0, str(ROOT / "lab"))
