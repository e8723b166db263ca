# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make matrix` makes of the lock: it runs in a job of its own, where a mistake is seen late."""

from __future__ import annotations

import importlib.util
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_each_constraint_is_a_package_with_its_version() -> None:
    spec = importlib.util.spec_from_file_location("matrix", ROOT / "tests/matrix.py")
    assert spec is not None
    assert spec.loader is not None
    matrix = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(matrix)
    lines = matrix.without_hashes((ROOT / "tests/requirements.txt").read_text()).splitlines()
    names = {line.partition("==")[0] for line in lines}
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9._-]+==[^\\ ]+( ; .+[^\\])?", line)] == []
    assert names >= set(matrix.NEEDED)
    assert "ansible-core" not in names
