# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the cost grows with the number of VMs, as a picture with two logarithmic axes."""

from __future__ import annotations

import pathlib
import typing as t

COLOURS = {"floor": "#999999", "mac_drift_facts": "#1b6ca8", "pyvmomi": "#d98c21", "vm_info_macs": "#a83232"}
MEASURES = {"wall": "seconds", "cpu": "client CPU seconds", "rss_mb": "peak memory, MB"}


def draw(results: list[dict[str, t.Any]], path: pathlib.Path) -> None:
    """Writes one panel per measure for the lab's estates."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "macguard"
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(MEASURES), figsize=(12, 4), layout="constrained")
    for panel, (measure, label) in zip(panels, MEASURES.items(), strict=True):
        for name, colour in COLOURS.items():
            points = sorted((r["vms"], r[measure]) for r in results if r["contender"] == name and r["server"] == "lab")
            if points:
                panel.loglog(*zip(*points, strict=True), "o-", color=colour, label=name)
        panel.set_xlabel("VMs")
        panel.set_title(label)
        panel.grid(visible=True, which="both", alpha=0.2)
    panels[0].legend()
    figure.savefig(path, metadata={"Date": None})
