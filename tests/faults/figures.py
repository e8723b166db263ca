# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often what was tried, and how it ended: the tables of docs/docsite/rst/guide_robustness.rst."""

from __future__ import annotations

import dataclasses
import pathlib
import re

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/docsite/rst/guide_robustness.rst"
Row = tuple[str | int, ...]


@dataclasses.dataclass
class Table:
    """One table of the page, between two comments that name it."""

    name: str
    head: tuple[str, ...]
    widths: tuple[int, ...]
    rows: dict[str, Row] = dataclasses.field(default_factory=dict)

    def add(self, *row: str | int) -> None:
        """Takes one row; the first cell is its name."""
        self.rows[str(row[0])] = row

    def text(self) -> str:
        """Returns the table as it stands on the page, with the sums in the last row."""
        rows = self.rows.values()
        sums = [sum(int(row[column]) for row in rows) for column in range(1, len(self.head))]
        lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, self.widths))}", ""]
        for row in (self.head, *rows, ("All", *sums)):
            lines += [f"   {'  -' if index else '* -'} {cell}" for index, cell in enumerate(row)]
        return "\n".join([*lines, "", ""])

    def on_page(self) -> str:
        """Returns what the page says between this table's comments."""
        return self._place().group(2)

    def write(self) -> None:
        """Puts the table on the page."""
        place = self._place()
        page = PAGE.read_text(encoding="utf-8")
        text = f"{place.group(1)}{self.text()}{place.group(3)}"
        PAGE.write_text(page[: place.start()] + text + page[place.end() :], encoding="utf-8")

    def _place(self) -> re.Match[str]:
        found = re.search(
            rf"(\.\. table: {self.name}\n\n)(.*?)(\.\. end of table: {self.name}\n)",
            PAGE.read_text(encoding="utf-8"),
            re.DOTALL,
        )
        if found is None:
            raise LookupError(f"{PAGE} has no place for the table {self.name}")
        return found
