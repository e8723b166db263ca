# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an edited vNIC is looked for afterwards."""

from __future__ import annotations

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import (
    AddressType,
    Network,
    NetworkKind,
    Power,
    Security,
    Setting,
    Vm,
    Vnic,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.origin import Layer
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.vnic.edit import CardEdit
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import aftermath
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic.runtime import Host, HostPorts

MAC = "00:50:56:86:00:01"
ACCEPTS = Security(mac_changes=Setting.ACCEPT)
HOSTS = {
    "host-1": Host(
        portgroups={
            "Twin": HostPorts(macs=(MAC,), vswitch="vSwitch0", policy=Layer(effective=ACCEPTS, override=ACCEPTS))
        },
        vms={},
    )
}


@pytest.mark.parametrize(
    ("kind", "policy", "source"),
    [
        pytest.param(NetworkKind.STANDARD, ACCEPTS, "standard_port", id="that portgroup"),
        pytest.param(NetworkKind.DISTRIBUTED, None, None, id="a distributed one of the same name"),
    ],
)
def test_a_hosts_portgroup_tells_of_its_own_vnics_only(
    kind: NetworkKind, policy: Security | None, source: str | None
) -> None:
    card = Vnic(
        key=4000,
        label="Network adapter 1",
        mac=MAC,
        address_type=AddressType.MANUAL,
        network=Network(kind=kind, name="Twin", key="net-1"),
    )
    vm = Vm(moid="vm-1", name="web-01", power=Power.ON, vnics=(card,), host_moid="host-1")
    found = aftermath._finding(vm, card, CardEdit(key=4000), None, HOSTS)
    assert found.policy == policy
    assert (found.source.value if found.source else None) == source
