# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's tables hold the figures of this very run; `make faults WRITE=1` puts them there."""

from __future__ import annotations

import os

from .conftest import EVERY
from .figures import Table


def test_the_page_has_the_figures_of_this_run(sweeps: Table, kills: Table, contentions: Table, roles: Table) -> None:
    for table in (sweeps, kills, contentions, roles):
        if os.environ.get("WRITE"):
            table.write()
        if not EVERY:  # the page is about what `make faults` does
            assert table.on_page() == table.text(), f"`make faults WRITE=1` writes the table {table.name} anew"
