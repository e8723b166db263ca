# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects a task means, settled before the first write."""

from __future__ import annotations

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.errors import (
    Ambiguous,
    MacguardError,
    NotFound,
    Refused,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.choice import (
    Catalogue,
    Choice,
    Otherwise,
    Skipped,
    Target,
    choose,
)
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.holder import Holder, Host, Kind
from ansible_collections.macguard.vsphere.plugins.module_utils._domain.policy.inheritance import Wish

FAIL, SKIP = Otherwise.FAIL, Otherwise.SKIP
HOSTS = tuple(Host(name=f"esx0{number}", moid=f"host-{number}") for number in (1, 2, 3))


def portgroup(name: str, host: Host, switch: str = "vSwitch0") -> Holder:
    return Holder(kind=Kind.PORTGROUP, name=name, moid=host.moid, host=host.name, switch=switch)


def catalogue(*, hosts: tuple[Host, ...] = HOSTS, nested_on: tuple[int, ...] = (0, 1, 2)) -> Catalogue:
    return Catalogue(
        hosts=hosts,
        holders=(
            *(portgroup("Nested", hosts[index]) for index in nested_on),
            *(portgroup("Production", host) for host in hosts),
        ),
        of_other_type=(("dv-nested", Kind.DVPORTGROUP),),
    )


def chosen(
    there: Catalogue, *names: str, switch: str = "", host: str = "", missing: Otherwise = FAIL, away: Otherwise = FAIL
) -> Choice:
    targets = [Target(name=name, wish=Wish(), switch=switch, host=host) for name in names]
    return choose(Kind.PORTGROUP, targets, there, on_missing=missing, on_unreachable=away)


def subjects(choice: Choice) -> list[str]:
    return [pick.holder.subject for pick in choice.picks]


def test_every_name_on_every_host() -> None:
    assert subjects(chosen(catalogue(), "Nested", "Production")) == [
        f"portgroup {name} on {host.name}" for name in ("Nested", "Production") for host in HOSTS
    ]


def test_one_host_is_meant() -> None:
    assert subjects(chosen(catalogue(), "Nested", host="esx02")) == ["portgroup Nested on esx02"]


def refusal(there: Catalogue, *names: str, switch: str = "") -> MacguardError:
    with pytest.raises(MacguardError) as refused:
        chosen(there, *names, switch=switch)
    return refused.value


def test_missing_portgroup_names_the_hosts_and_the_way_out() -> None:
    error = refusal(catalogue(nested_on=(0,)), "Nested")
    assert isinstance(error, NotFound)
    assert "on esx02" in error.message
    assert "missing on esx03 as well" in error.message
    assert "on_missing: skip" in error.message
    assert error.details()["missing_on"] == ["esx02", "esx03"]


def test_missing_portgroup_may_be_skipped() -> None:
    choice = chosen(catalogue(nested_on=(0, 2)), "Nested", missing=SKIP)
    assert subjects(choice) == ["portgroup Nested on esx01", "portgroup Nested on esx03"]
    assert choice.skipped == (Skipped(host="esx02", name="Nested", reason="no such portgroup"),)


def test_typo_lists_near_names_and_is_never_skipped() -> None:
    with pytest.raises(NotFound, match="Near names: Nested"):
        chosen(catalogue(), "Nestd", missing=SKIP)


def test_name_of_another_type_says_so() -> None:
    assert "type: dvportgroup" in refusal(catalogue(), "dv-nested").message


def test_portgroup_on_another_switch_says_which() -> None:
    assert "not on vSwitch1, but on vSwitch0" in refusal(catalogue(), "Nested", switch="vSwitch1").message


def test_distributed_portgroup_on_another_switch_says_which() -> None:
    with pytest.raises(NotFound, match=r"^distributed portgroup 'dv-production' is not on dvs-a, but on dvs-b[.]$"):
        one("dv-production", "dvs-a")


def test_switch_is_on_no_other_switch() -> None:
    target = Target(name="dvs-a", wish=Wish(), switch="dvs-b")
    there = Catalogue(holders=(Holder(kind=Kind.DVSWITCH, name="dvs-a", moid="dvs-1"),))
    with pytest.raises(NotFound, match=r"^distributed switch 'dvs-a' isn't named dvs-b: leave switch out[.]$"):
        choose(Kind.DVSWITCH, [target], there, on_missing=FAIL, on_unreachable=FAIL)


AWAY = (HOSTS[0], Host(name="esx02", moid="host-2", unreachable="notResponding"), HOSTS[2])


def test_unreachable_host_stops_the_task() -> None:
    error = refusal(catalogue(hosts=AWAY, nested_on=(0, 2)), "Nested")
    assert isinstance(error, Refused)
    assert "esx02 (notResponding)" in error.message
    assert "on_unreachable: skip" in error.message


def test_unreachable_host_may_be_skipped() -> None:
    choice = chosen(catalogue(hosts=AWAY, nested_on=(0, 2)), "Nested", away=SKIP)
    assert subjects(choice) == ["portgroup Nested on esx01", "portgroup Nested on esx03"]
    assert choice.skipped == (Skipped(host="esx02", name="", reason="notResponding"),)


def test_unreachable_host_that_is_not_meant_does_not_matter() -> None:
    there = catalogue(hosts=AWAY, nested_on=(0, 2))
    assert subjects(chosen(there, "Nested", host="esx01")) == ["portgroup Nested on esx01"]


def test_no_host_left_is_an_error_though_skipping_is_allowed() -> None:
    lonely = (Host(name="esx01", moid="host-1", unreachable="disconnected"),)
    with pytest.raises(Refused, match="Nothing was written"):
        chosen(catalogue(hosts=lonely, nested_on=()), "Nested", away=SKIP)
    with pytest.raises(NotFound, match="no host in the scope"):
        chosen(Catalogue(), "Nested", away=SKIP)


DISTRIBUTED = Catalogue(
    holders=(
        Holder(kind=Kind.DVPORTGROUP, name="dv-nested", moid="dvportgroup-1", switch="dvs-a"),
        Holder(kind=Kind.DVPORTGROUP, name="dv-nested", moid="dvportgroup-2", switch="dvs-b"),
        Holder(kind=Kind.DVPORTGROUP, name="dv-production", moid="dvportgroup-3", switch="dvs-b"),
    ),
    of_other_type=(("Nested", Kind.PORTGROUP),),
)


def one(name: str, switch: str = "") -> str:
    target = Target(name=name, wish=Wish(), switch=switch)
    choice = choose(Kind.DVPORTGROUP, [target], DISTRIBUTED, on_missing=SKIP, on_unreachable=SKIP)
    return choice.picks[0].holder.moid


def test_distributed_portgroup_of_a_name() -> None:
    assert one("dv-production") == "dvportgroup-3"
    assert one("dv-nested", "dvs-b") == "dvportgroup-2"


def test_same_distributed_name_twice_lists_the_candidates() -> None:
    with pytest.raises(Ambiguous, match=r"of dvs-a \(dvportgroup-1\).*switch or datacenter"):
        one("dv-nested")


def test_unknown_distributed_name_is_an_error() -> None:
    with pytest.raises(NotFound, match="Near names: dv-nested"):
        one("dv-nest")
    with pytest.raises(NotFound, match="say type: portgroup"):
        one("Nested")
