# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken out of an answer before it is parsed: nothing that is wanted, whatever the markup looks like."""

from __future__ import annotations

import functools
import typing as t
import xml.parsers.expat
from collections.abc import Iterable

import pytest
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.sieve import Keep, sieved
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import codec, runtime
from pyVmomi import VmomiSupport, vim

KEEP = Keep({vim.vm.device.VirtualDevice: None, vim.vm.device.VirtualEthernetCard: frozenset({"key"})}, ("stats",))
CARD = '<VirtualDevice xsi:type="VirtualVmxnet3"><key>4000</key></VirtualDevice>'
DISK = '<VirtualDevice xsi:type="VirtualDisk"><key>2000</key></VirtualDevice>'


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        pytest.param(f"<a>{DISK}{CARD}{DISK}</a>", f"<a>{CARD}</a>", id="objects of unwanted classes"),
        pytest.param(DISK.replace("xsi:", "_X-s:"), "", id="any prefix of the attribute"),
        pytest.param("<a><stats><n>1</n></stats>x<stats></stats></a>", "<a>x</a>", id="cut"),
        pytest.param("<a><stats><n>1</n>", "<a>", id="broken off: still no whole answer"),
    ],
)
def test_what_is_not_wanted_goes(answer: str, left: str) -> None:
    assert sieved(answer.encode(), KEEP) == left.encode()


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(DISK.replace("VirtualDisk", "VirtualQuantumDisk"), id="a type that the SDK doesn't know"),
        pytest.param(DISK.replace("VirtualDisk", "vim25:VirtualDisk"), id="a type with a prefix"),
        pytest.param(DISK.replace("VirtualDevice ", 'VirtualDevice id=">" '), id="another attribute"),
        pytest.param(f'<VirtualDevice xsi:type="VirtualDisk"/>{CARD}', id="an empty element"),
        pytest.param(f"<VirtualDevice></VirtualDevice>{CARD}", id="no type"),
        pytest.param(f"<v:VirtualDevice xsi:type='VirtualDisk'></v:VirtualDevice>{CARD}", id="a tag with a prefix"),
        pytest.param(f"<statsType>{CARD}</statsType>", id="the beginning of another name"),
        pytest.param(f"<stats/>{CARD}<stats/>", id="an empty element to be cut"),
        pytest.param(f'<stats xsi:type="S">{CARD}</stats>', id="an element to be cut with an attribute"),
        pytest.param(f"<!-- <stats> -->{CARD}<stats>1</stats>", id="a comment"),
        pytest.param(f"<a><![CDATA[<stats>]]></a>{CARD}<stats>1</stats>", id="a CDATA section"),
        pytest.param(f"<?xml?><a><?stats <stats>?></a>{CARD}<stats>1</stats>", id="a processing instruction"),
    ],
)
def test_what_may_be_wanted_stays(answer: str) -> None:
    assert sieved(answer.encode(), KEEP) == answer.encode()


@functools.cache
def classes() -> frozenset[t.Any]:
    """All data objects of the SDK."""
    return frozenset(kind for kind in VmomiSupport.GetWsdlTypes() if issubclass(kind, VmomiSupport.DataObject))


def properties(roots: Iterable[t.Any], keep: Keep) -> dict[str, set[t.Any]]:
    """The properties that are wanted inside these classes, and their types, by name.

    Without those that may hold anything (reserved ones, arguments of messages, advanced options): nobody reads them.
    """
    found: dict[str, set[t.Any]] = {}
    left, seen = list(roots), set()
    while left:
        kind = left.pop()
        kind = kind.Item if issubclass(kind, list) else kind
        if kind in seen:
            continue
        seen.add(kind)
        for narrower in (each for each in classes() if issubclass(each, kind)):
            wanted = keep.of(narrower)
            for info in narrower._GetPropertyList():
                is_wanted = wanted is not None and (info.name in wanted or wanted == {"*"})
                if is_wanted and info.type not in (object, VmomiSupport.GetVmodlType("vmodl.DynamicProperty[]")):
                    found.setdefault(info.name, set()).add(info.type)
                    left.append(info.type)
    return found


def of_path(path: str, owner: t.Any = vim.VirtualMachine) -> t.Any:
    """The declared type of a property that is read by its path."""
    return functools.reduce(lambda kind, name: kind._GetPropertyInfo(name).type, path.split("."), owner)


PORTS = (vim.dvs.DistributedVirtualPort, vim.dvs.DistributedVirtualPortgroup.ConfigInfo, vim.host.PortGroup)
READS = {
    "vnics": (codec.kept(), [of_path(path) for path in codec.VM_PATHS]),
    "ports": (runtime.kept(), [*PORTS]),
}


@pytest.mark.parametrize(("keep", "roots"), READS.values(), ids=list(READS))
def test_what_is_cut_is_nowhere_wanted_and_has_none_of_its_name_inside(keep: Keep, roots: list[t.Any]) -> None:
    assert not set(keep.cut) & set(properties(roots, keep))
    spoken_of = [kind for kind in classes() if any(issubclass(kind, base) for base in keep.wanted)]
    for name in keep.cut:
        found = {info.type for kind in spoken_of for info in kind._GetPropertyList() if info.name == name}
        assert found
        assert name not in properties(found, Keep())


def test_no_device_has_a_list_of_devices_inside() -> None:
    assert "VirtualDevice" not in properties([vim.vm.device.VirtualDevice], Keep())


def test_what_has_one_of_its_name_inside_all_the_same_leaves_no_xml() -> None:
    with pytest.raises(xml.parsers.expat.ExpatError, match="mismatched tag"):
        xml.parsers.expat.ParserCreate().Parse(sieved(b"<a><stats><b><stats></stats></b></stats></a>", KEEP), True)
