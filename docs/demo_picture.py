# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw what `make demo` prints on its second story, as README.md shows it: `make demo-picture`."""

from __future__ import annotations

import io
import re
import sys

from rich.console import Console
from rich.text import Text

WIDTH = 120
BEGIN, END = "  $ ansible-playbook", "  Your own vCenter"
# What a reader of the picture can do without: the demo's own looking around, counts, and a file in a folder for once.
BORING = re.compile(r"[ ]*(· (Look at|The |Ping|Back to)|ok=\d|To undo it|Done on|━)|[ ]+Remedy")
STYLES = {
    r"✔.*": "green",
    r"\$ .*|^ +-e .*": "bold cyan",
    r"drift, next port connect|port is blocked": "bold red",
    r"· .*": "bold yellow",
}
# Rich's own template loads its fonts from the net; a picture shouldn't.
TEMPLATE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>make demo, story 2: a MAC that changed, and nobody noticed until the next vMotion</title>
<style>
.{unique_id}-matrix {{
    font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px; line-height: {line_height}px;
}}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def excerpt(output: str) -> list[str]:
    """The second story from the audit on, without what is boring and with single blank lines."""
    story = output[output.index("Story 2") :]
    story = story[story.index(BEGIN) : story.index(END)]
    lines = [line.rstrip() for line in without_remedy(story).splitlines() if not BORING.match(line)]
    return [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]


def without_remedy(story: str) -> str:
    """A remedy goes over several lines, up to the event after it."""
    return re.sub(r"^ +Remedy(?:.*\n)+?(?= +\d{4}-)", "", story, flags=re.MULTILINE)


def draw(lines: list[str]) -> str:
    """An SVG of a terminal with these lines in it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        text = Text(line)
        for pattern, style in STYLES.items():
            text.highlight_regex(pattern, style)
        console.print(text)
    return console.export_svg(title="make demo", code_format=TEMPLATE, unique_id="demo")


if __name__ == "__main__":
    sys.stdout.write(draw(excerpt(sys.stdin.read())))
