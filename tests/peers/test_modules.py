# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of community.vmware and vmware.vmware work on the lab as their documentation says they do on vSphere."""

from __future__ import annotations

from ..integration.conftest import StartLab
from .conftest import PlayPeers


def test_they_read_what_the_scenario_says(start_lab: StartLab, play_peers: PlayPeers) -> None:
    played = play_peers(start_lab("nested"), "read.yml")
    assert played.changed == []


def test_what_they_write_is_written_once(start_lab: StartLab, play_peers: PlayPeers) -> None:
    lab = start_lab("nested")
    first = play_peers(lab, "write.yml")
    assert first.changed == [task.name for task in first.tasks]
    assert play_peers(lab, "write.yml").changed == []
