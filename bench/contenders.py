# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way to read an estate's MACs, in a process of its own: `python contenders.py NAME ENDPOINT` prints its cost."""

from __future__ import annotations

import http.client
import importlib
import json
import pathlib
import resource
import sys
import time
import types
import typing as t
import xml.parsers.expat
from collections.abc import Callable, Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / ".cache/peers"
PAGE = 500
Endpoint = dict[str, t.Any]


class Traffic:
    """Counts what goes over the wire, whoever sends it: all contenders speak through http.client."""

    def __init__(self) -> None:
        self.calls = self.received = 0
        self._count(http.client.HTTPConnection, "request", lambda _result: self._call())
        for name in ("read", "read1"):
            self._count(http.client.HTTPResponse, name, lambda data: self._receive(len(data)))
        self._count(http.client.HTTPResponse, "readinto", self._receive)

    def _call(self) -> None:
        self.calls += 1

    def _receive(self, count: int) -> None:
        self.received += count

    @staticmethod
    def _count(owner: type, name: str, note: Callable[[t.Any], None]) -> None:
        original = getattr(owner, name)
        depth = 0

        def counted(self: t.Any, *args: t.Any, **options: t.Any) -> t.Any:
            nonlocal depth
            depth += 1
            try:
                result = original(self, *args, **options)
            finally:
                depth -= 1
            # One kind of read may be made of others of the same name.
            if not depth:
                note(result)
            return result

        setattr(owner, name, counted)


def mount() -> None:
    """Make this checkout and the peers importable as collections."""
    for name, paths in {
        "ansible_collections": [str(PEERS / "ansible_collections")],
        "ansible_collections.macguard": [],
        "ansible_collections.macguard.vsphere": [str(ROOT)],
    }.items():
        module = types.ModuleType(name)
        module.__path__ = paths
        sys.modules[name] = module


def options_of(endpoint: Endpoint) -> dict[str, t.Any]:
    return {key: endpoint[key] for key in ("hostname", "port", "username", "password", "validate_certs")}


def run_module(name: str, options: dict[str, t.Any]) -> dict[str, t.Any]:
    """Run a module's main() here and return what it would have printed."""
    from ansible.module_utils import basic

    class Ended(Exception):
        pass

    def end(_module: t.Any, **result: t.Any) -> t.NoReturn:
        raise Ended(result)

    def fail(_module: t.Any, msg: str, **_result: t.Any) -> t.NoReturn:
        raise RuntimeError(msg)

    module: t.Any = basic.AnsibleModule
    module.exit_json, module.fail_json = end, fail
    basic._load_params = lambda: {**options, "_ansible_check_mode": False}
    try:
        importlib.import_module(name).main()
    except Ended as ended:
        result: dict[str, t.Any] = ended.args[0]
        return result
    raise RuntimeError("the module didn't end")


def this_module(endpoint: Endpoint, **scope: t.Any) -> int:
    """mac_drift_facts, over everything."""
    name = "ansible_collections.macguard.vsphere.plugins.modules.mac_drift_facts"
    count: int = run_module(name, {**options_of(endpoint), **scope})["ansible_facts"]["mac_drift"]["vms"]
    return count


def start(endpoint: Endpoint) -> int:
    """mac_drift_facts over no VM: what its imports, its login and the server's own options cost."""
    return this_module(endpoint, vms=[])


def vm_info(endpoint: Endpoint, **wish: t.Any) -> int:
    name = "ansible_collections.community.vmware.plugins.modules.vmware_vm_info"
    return len(run_module(name, {**options_of(endpoint), **wish})["virtual_machines"])


def vm_info_default(endpoint: Endpoint) -> int:
    """community.vmware.vmware_vm_info as it is."""
    return vm_info(endpoint)


def vm_info_macs(endpoint: Endpoint) -> int:
    """The same, told to leave out all but MACs and networks."""
    others = (
        "allocated",
        "attribute",
        "cluster",
        "datacenter",
        "datastore",
        "esxi_hostname",
        "folder",
        "resource_pool",
    )
    return vm_info(endpoint, **{f"show_{name}": False for name in (*others, "tag")})


class Raw:
    """The property collector and the switches, asked for what mac_drift_facts asks for."""

    def __init__(self, endpoint: Endpoint) -> None:
        mount()
        utils = "ansible_collections.macguard.vsphere.plugins.module_utils._vsphere."
        from pyVmomi import vim, vmodl

        self.vim, self.vmodl = vim, vmodl
        session = importlib.import_module(utils + "session")
        self.paths = importlib.import_module(utils + "vnic.codec").AUDIT_PATHS
        self.si = session.login(session.Options(**options_of(endpoint)))
        self.content = self.si.RetrieveContent()
        self.view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [], True)

    def queries(self) -> Iterator[tuple[t.Any, str, tuple[t.Any, ...]]]:
        """Yields object, method and arguments of each read."""
        vim, query = self.vim, self.vmodl.query.PropertyCollector
        walk = query.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
        start = query.ObjectSpec(obj=self.view, skip=True, selectSet=[walk])
        for kind, paths in (
            (vim.VirtualMachine, list(self.paths)),
            (vim.HostSystem, ["name", "config.network.portgroup"]),
            (vim.Network, ["name"]),
        ):
            spec = query.FilterSpec(propSet=[query.PropertySpec(type=kind, pathSet=paths)], objectSet=[start])
            yield (
                self.content.propertyCollector,
                "RetrievePropertiesEx",
                ([spec], query.RetrieveOptions(maxObjects=PAGE)),
            )

    def switches(self) -> list[t.Any]:
        view = self.content.viewManager.CreateContainerView(
            self.content.rootFolder, [self.vim.DistributedVirtualSwitch], True
        )
        return list(view.view)


def pyvmomi(endpoint: Endpoint) -> int:
    """The same properties by plain pyVmomi, page by page, keeping nothing."""
    raw = Raw(endpoint)
    count = 0
    for target, method, arguments in raw.queries():
        page = getattr(target, method)(*arguments)
        while page is not None:
            count += sum(isinstance(found.obj, raw.vim.VirtualMachine) for found in page.objects)
            page = target.ContinueRetrievePropertiesEx(page.token) if page.token else None
    for switch in raw.switches():
        switch.FetchDVPorts(raw.vim.dvs.PortCriteria(connected=True, uplinkPort=False))
    return count


def floor(endpoint: Endpoint) -> int:
    """The same answers over HTTPS, parsed by bare expat, nothing kept."""
    raw = Raw(endpoint)
    count = 0
    for target, method, arguments in raw.queries():
        seen = _parsed(target, method, arguments)
        count += seen["VirtualMachine"]
        while seen["token"]:
            seen = _parsed(target, "ContinueRetrievePropertiesEx", (seen["token"],))
            count += seen["VirtualMachine"]
    for switch in raw.switches():
        _parsed(switch, "FetchDVPorts", (raw.vim.dvs.PortCriteria(connected=True, uplinkPort=False),))
    return count


def _parsed(target: t.Any, method: str, arguments: tuple[t.Any, ...]) -> dict[str, t.Any]:
    stub = target._stub
    request = stub.SerializeRequest(target, getattr(type(target), method).info, arguments)
    connection = stub.GetConnection()
    headers = {"Cookie": stub.cookie, "SOAPAction": stub.versionId, "Content-Type": "text/xml; charset=UTF-8"}
    connection.request("POST", stub.path, request, headers)
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{method}: {response.status} {response.read(500)!r}")
    seen: dict[str, t.Any] = {"token": "", "VirtualMachine": 0}
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        text.clear()
        if tag == "obj" and attributes.get("type") == "VirtualMachine":
            seen["VirtualMachine"] += 1

    def end(tag: str) -> None:
        if tag == "token":
            seen["token"] = "".join(text)

    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text.append
    parser.ParseFile(response)
    stub.ReturnConnection(connection)
    return seen


CONTENDERS: dict[str, Callable[[Endpoint], int]] = {
    "floor": floor,
    "start": start,
    "mac_drift_facts": this_module,
    "pyvmomi": pyvmomi,
    "vm_info_macs": vm_info_macs,
    "vm_info_default": vm_info_default,
}


def main() -> None:
    """Run one contender and print what it took."""
    name, endpoint = sys.argv[1], json.loads(sys.argv[2])
    mount()
    traffic = Traffic()
    begin = time.monotonic()
    vms = CONTENDERS[name](endpoint)
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "vms": vms,
        "wall": round(time.monotonic() - begin, 2),
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        "rss_mb": used.ru_maxrss // 1024,
        "calls": traffic.calls,
        "mb": round(traffic.received / 1e6, 2),
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
