# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the hosts of a cluster agree."""

from __future__ import annotations

from ansible_collections.macguard.vsphere.plugins.module_utils._domain.model import FLAGS, Security, Setting
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy import consistency
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.consistency import Consistency, InForce
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Host

OPEN = Security(**dict.fromkeys(FLAGS, Setting.ACCEPT))
CLOSED = Security(**dict.fromkeys(FLAGS, Setting.REJECT))
HOSTS = [Host(name=name, moid=name, cluster="Compute") for name in ("a", "b", "c")]


def of(hosts: list[Host] = HOSTS, **flags: Security | None) -> Consistency:
    found = [InForce(name="Nested", host=host, flags=said) for host, said in flags.items()]
    (told,) = consistency.consistency(found, hosts)
    return told


def test_all_agree() -> None:
    told = of(a=OPEN, b=OPEN, c=OPEN)
    assert told.consistent
    assert [camp.hosts for camp in told.policies] == [("a", "b", "c")]
    assert list(consistency.warnings([told])) == []


def test_one_differs_and_the_warning_names_both_sides() -> None:
    told = of(a=OPEN, b=CLOSED, c=OPEN)
    assert not told.consistent
    assert [camp.hosts for camp in told.policies] == [("a", "c"), ("b",)]
    (warning,) = consistency.warnings([told])
    assert "a, c: promiscuous mode accept" in warning
    assert "b: promiscuous mode reject" in warning


def test_one_lacks_it() -> None:
    told = of(a=OPEN, b=OPEN)
    assert (told.consistent, told.missing_on, told.unknown_on) == (False, ("c",), ())
    (warning,) = consistency.warnings([told])
    assert "missing in cluster Compute on c" in warning


def test_one_is_not_known() -> None:
    away = [*HOSTS[:2], Host(name="c", moid="c", cluster="Compute", unreachable="disconnected")]
    told = of(away, a=OPEN, b=None)
    assert (told.consistent, told.missing_on, told.unknown_on) == (True, (), ("b", "c"))


def test_standalone_hosts_agree_with_nobody() -> None:
    alone = [Host(name="a", moid="a")]
    assert consistency.consistency([InForce(name="Nested", host="a", flags=OPEN)], alone) == ()
