# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vcsim and the lab answer the same questions alike, or differ as said here, with the one that is right and why.

Both answers of a difference are written down, so that neither server can change its own unnoticed.
"""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t
from collections.abc import Iterator

import pytest
import vsphere_lab

from ..integration.conftest import Lab
from .conftest import StartVcsim
from .questions import QUESTIONS, asker

LIKE_VCSIM = pathlib.Path(__file__).with_name("like_vcsim.yml")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """What each says, which of them does as vSphere does, and what says so."""

    vcsim: t.Any
    lab: t.Any
    right: t.Literal["lab", "vcsim", "either"]
    source: str


DIFFERENCES: dict[str, Difference] = {}


@pytest.fixture
def lab() -> Iterator[Lab]:
    with vsphere_lab.serve(vsphere_lab.load(LIKE_VCSIM)) as server:
        yield Lab(port=server.port, ca_file=server.ca_file)


@pytest.fixture
def vcsim(start_vcsim: StartVcsim) -> Lab:
    return start_vcsim("-standalone-host", "0", "-vm", "3")


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_answer_alike_or_differ_as_explained(name: str, lab: Lab, vcsim: Lab) -> None:
    answers = {}
    for server, port in (("vcsim", vcsim), ("lab", lab)):
        with asker(port) as ask:
            answers[server] = QUESTIONS[name](ask)
    difference = DIFFERENCES.get(name)
    if difference is None:
        assert answers["lab"] == answers["vcsim"]
    else:
        assert answers == {"vcsim": difference.vcsim, "lab": difference.lab}
        assert difference.vcsim != difference.lab, "no difference any more"


def test_every_difference_is_one_of_a_question() -> None:
    assert set(DIFFERENCES) <= set(QUESTIONS)
    assert all(len(difference.source) > 20 for difference in DIFFERENCES.values())
