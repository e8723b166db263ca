# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What README and guides show as output is what their commands print on the lab today.

A comment before a command says on which lab it is run, and which task's message the block after it shows:

    .. lab: {scenario: drift, story: [{advance: {days: 20}}], shows: Tell}

`story` is what happens before, as in a scenario. A comment that is a sentence (`.. lab: a drawing`) says why the next
block isn't run. In Markdown the same stands in `<!-- lab: … -->`. `make rewrite-output` brings the blocks up to date.
"""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shlex
import textwrap
import typing as t

import pytest
import yaml

from .conftest import ROOT, Play, StartLab

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs/docsite/rst").glob("*.rst"))]
PIECE = re.compile(
    r"""^\.\.\ lab:\ (?P<rst_mark>.*(?:\n\ .*)*)\n
    | ^<!--\ lab:\ (?P<md_mark>[^>]*?)\ -->\n
    | ^\.\.\ code-block::\ (?P<rst_language>text|console)\n\n(?P<rst_body>(?:(?:\ \ \ .*)?\n)+)
    | ^```(?P<md_language>text|console)\n(?P<md_body>(?:.*\n)*?)```\n""",
    re.MULTILINE | re.VERBOSE,
)


@dataclasses.dataclass(frozen=True)
class Block:
    """A command or an output, and where in the document it stands."""

    language: str
    text: str
    begin: int
    end: int
    indent: str


@dataclasses.dataclass
class Example:
    """What one mark says, and the blocks that it is about."""

    document: pathlib.Path
    number: int
    mark: dict[str, t.Any] | str | None
    blocks: list[Block] = dataclasses.field(default_factory=list)

    def __getitem__(self, language: str) -> Block:
        (block,) = (block for block in self.blocks if block.language == language)
        return block

    @property
    def complete(self) -> bool:
        """Nothing more belongs to it: the output was found, or what isn't run."""
        return any(block.language == "text" or isinstance(self.mark, str) for block in self.blocks)


def examples(document: pathlib.Path) -> list[Example]:
    """The marked blocks in order; a block that no mark is about comes as an example without one."""
    found: list[Example] = []
    for piece in PIECE.finditer(document.read_text()):
        if mark := piece["rst_mark"] or piece["md_mark"]:
            found.append(Example(document, len(found), yaml.safe_load(mark)))
            continue
        if not found or found[-1].complete or found[-1].mark is None:
            found.append(Example(document, len(found), None))
        found[-1].blocks.append(block_of(piece))
    return found


def block_of(piece: re.Match[str]) -> Block:
    kind = "rst" if piece["rst_language"] else "md"
    body = piece[f"{kind}_body"].rstrip() + "\n"
    begin = piece.start(f"{kind}_body")
    return Block(
        piece[f"{kind}_language"], textwrap.dedent(body), begin, begin + len(body), "   " if kind == "rst" else ""
    )


def commands(block: Block) -> list[str]:
    """Its lines, those that end with a backslash joined with the next."""
    return block.text.replace("\\\n", "").splitlines()


ALL = [example for document in DOCUMENTS for example in examples(document)]
RUN = [example for example in ALL if isinstance(example.mark, dict)]


def named(example: Example) -> str:
    return f"{example.document.stem}-{example.number}"


def test_there_is_something_to_run() -> None:
    assert len(RUN) >= 4
    assert {example.document.name for example in RUN} >= {"README.md", "guide_nested_esxi.rst", "guide_mac_drift.rst"}


def test_no_output_is_shown_that_nothing_runs() -> None:
    unmarked = [(example, block) for example in ALL if example.mark is None for block in example.blocks]
    assert [named(example) for example, block in unmarked if block.language == "text"] == []
    assert [
        f"{named(example)}: {line}"
        for example, block in unmarked
        for line in commands(block)
        if line and not line.startswith("$ ")
    ] == []


@pytest.mark.parametrize("example", RUN, ids=named)
def test_output_is_what_the_command_prints(
    example: Example, start_lab: StartLab, play: Play, tmp_path: pathlib.Path
) -> None:
    mark = t.cast("dict[str, t.Any]", example.mark)
    lab = start_lab(mark["scenario"])
    for step in mark.get("story", []):
        for action, body in step.items():
            lab.door(action, **body)
    (command,) = (line for line in commands(example["console"]) if line.startswith("$ ansible-playbook "))
    arguments = shlex.split(command.replace("-i inventory.yml", ""))[2:]
    played = play(lab, *arguments, HOME=str(tmp_path))
    (message,) = (task.result["msg"] for task in played.tasks if task.name.endswith(mark["shows"]))
    printed = as_documented(message, tmp_path)
    if os.environ.get("REWRITE_OUTPUT"):
        rewrite(example, printed)
    else:
        assert example["text"].text == printed, "`make rewrite-output` brings it up to date"


def as_documented(message: str, home: pathlib.Path) -> str:
    """With the names that stand for the reader's own, and without times of this machine."""
    stands_for = {
        re.escape(str(home)): "~",
        r"\b127\.0\.0\.1\b": "vcenter.example.com",
        r"(?<=\.macguard/)lab\.(.*)\.\d{8}T\d{6}Z\.\w{8}": r"\1.20260302T080000Z.k3x9_q2a",
    }
    for pattern, instead in stands_for.items():
        message = re.sub(pattern, instead, message)
    return "".join(f"{line.rstrip()}\n" for line in message.splitlines())


def rewrite(example: Example, printed: str) -> None:
    """Put it into the document, which earlier examples may have rewritten since it was read."""
    block = examples(example.document)[example.number]["text"]
    content = example.document.read_text()
    shown = textwrap.indent(printed, block.indent)
    example.document.write_text(content[: block.begin] + shown + content[block.end :])
