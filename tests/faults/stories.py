# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is interrupted: each module on each kind of object, in an estate just large enough for several waves."""

from __future__ import annotations

import dataclasses
import typing as t

REJECT = {"promiscuous_mode": "reject", "forged_transmits": "reject", "mac_changes": "reject"}
ESTATE: dict[str, t.Any] = {
    "title": "A few VMs on standard and distributed portgroups; one has drifted",
    "datacenters": [
        {
            "name": "DC1",
            "clusters": [{"name": "Compute", "hosts": ["esx01.lab", "esx02.lab"]}],
            "standard_switches": [
                {
                    "name": "vSwitch0",
                    "uplinks": ["vmnic0", "vmnic1"],
                    "security": REJECT,
                    "portgroups": [
                        {
                            "name": "Staging",
                            "vlan": 150,
                            "teaming": {"policy": "failover_explicit", "active": ["vmnic1"], "standby": ["vmnic0"]},
                            "shaping": {"average_kbps": 100000, "peak_kbps": 200000, "burst_kb": 102400},
                        },
                        {"name": "Production", "vlan": 200},
                    ],
                }
            ],
            "distributed_switches": [
                {
                    "name": "dvs-lab",
                    "mac_management": REJECT,
                    "portgroups": [
                        {"name": "dv-staging", "vlan": 150},
                        {"name": "dv-production", "vlan": 200, "mac_management": REJECT},
                        {"name": "dv-other", "vlan": 300},
                    ],
                }
            ],
            "vms": [
                {
                    "name": "web-01",
                    "host": "esx01.lab",
                    "nics": [{"portgroup": "dv-staging", "mac": "00:50:56:86:01:01"}],
                },
                {
                    "name": "web-02",
                    "host": "esx02.lab",
                    "nics": [
                        {"portgroup": "dv-staging", "mac": "00:50:56:86:01:02"},
                        {"portgroup": "Staging", "mac": "00:50:56:86:01:03"},
                    ],
                },
                {
                    "name": "off-01",
                    "host": "esx02.lab",
                    "power": "poweredOff",
                    "nics": [{"portgroup": "Staging", "mac": "00:50:56:86:02:01"}],
                },
                {
                    "name": "drifted-01",
                    "host": "esx01.lab",
                    "nics": [{"portgroup": "dv-staging", "mac": "00:50:56:86:03:01"}],
                },
            ],
        }
    ],
    "users": [{"name": "second@vsphere.local", "password": "VMware1!", "role": "Admin"}],
    "story": [{"unsafe_portgroup_change": {"vm": "drifted-01", "portgroup": "dv-production"}}],
}


@dataclasses.dataclass(frozen=True)
class Story:
    """A module with its options; `writes` are the calls that change something."""

    name: str
    module: str
    options: dict[str, t.Any]
    writes: tuple[str, ...] = ()


def _security(kind: str, *names: str, writes: str, **options: t.Any) -> Story:
    wish = {"forged_transmits": "accept", "mac_changes": "reject"}
    given = {"type": kind, "names": list(names), **wish, **options}
    return Story(f"portgroup_security, {kind}", "portgroup_security", given, (writes,))


EDIT = ("ReconfigVM_Task",)
VMS = ["off-01", "web-01", "web-02"]
STORIES = (
    Story("mac_drift_facts", "mac_drift_facts", {"report": "all"}),
    Story("portgroup_security_info", "portgroup_security_info", {"baseline": "scg_8"}),
    _security("portgroup", "Staging", cluster="Compute", parallel=1, writes="UpdatePortGroup"),
    _security("vswitch", "vSwitch0", cluster="Compute", writes="UpdateVirtualSwitch"),
    _security("dvportgroup", "dv-production", "dv-staging", writes="ReconfigureDVPortgroup_Task"),
    _security("dvswitch", "dvs-lab", writes="ReconfigureDvs_Task"),
    Story("vnic_mac_pin", "vnic_mac_pin", {"vms": VMS, "parallel": 2}, EDIT),
    Story(
        "vnic_portgroup",
        "vnic_portgroup",
        {"vms": ["off-01", "web-01"], "target": "dv-production", "require_pinned": False},
        EDIT,
    ),
)
