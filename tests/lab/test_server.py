# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab over real HTTPS, with clients that validate its authority."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import ssl
import time
import typing as t
import urllib.error
import urllib.request

import pytest
import vsphere_lab
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl
from vsphere_lab import faults
from vsphere_lab.core import Lab

Any = t.Any
PC = vmodl.query.PropertyCollector


@pytest.fixture
def server(lab: Lab) -> t.Iterator[vsphere_lab.Server]:
    with vsphere_lab.serve(lab, task_delay=0.01) as running:
        yield running


@pytest.fixture
def trust(server: vsphere_lab.Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def connect(server: vsphere_lab.Server, trust: ssl.SSLContext, host: str | None = None) -> Any:
    return SmartConnect(
        host=host or server.host, port=server.port, user="administrator@vsphere.local", pwd="VMware1!", sslContext=trust
    )


@pytest.fixture
def remote(server: vsphere_lab.Server, trust: ssl.SSLContext) -> t.Iterator[Any]:
    si = connect(server, trust)
    yield si
    si._stub.DropConnections()


def test_smart_connect_validates_and_negotiates(remote: Any) -> None:
    assert remote._stub.version == "vim.version.v8_0_3_0"
    assert remote.content.sessionManager.currentSession.userName == "VSPHERE.LOCAL\\Administrator"
    Disconnect(remote)
    with pytest.raises(vim.fault.NotAuthenticated):
        remote.CurrentTime()


def test_localhost_is_in_the_certificate_and_strangers_are_not_trusted(
    server: vsphere_lab.Server, trust: ssl.SSLContext
) -> None:
    connect(server, trust, "localhost")._stub.DropConnections()
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(server, ssl.create_default_context())


def test_tasks_take_their_time(lab: Lab, remote: Any) -> None:
    lab.task_delay = 0.2
    vm = remote.content.searchIndex.FindByInventoryPath("vm/app-0")
    task = vm.ReconfigVM_Task(vim.vm.ConfigSpec(name="new"))
    assert task.info.state in ("queued", "running")
    assert vm.name == "app-0"
    assert WaitForTask(task, si=remote) == "success"
    assert vm.name == "new"


def test_a_waiting_client_does_not_hold_up_others(server: vsphere_lab.Server, trust: ssl.SSLContext, lab: Lab) -> None:
    waiter, worker = connect(server, trust), connect(server, trust)
    vm = vim.VirtualMachine("vm-1001", waiter._stub)
    spec = PC.FilterSpec(objectSet=[PC.ObjectSpec(obj=vm)], propSet=[PC.PropertySpec(type=type(vm), pathSet=["name"])])
    collector = waiter.content.propertyCollector
    collector.CreateFilter(spec, True)
    version = collector.CheckForUpdates("").version
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(collector.WaitForUpdatesEx, version, PC.WaitOptions(maxWaitSeconds=10))
        for _unused in range(20):
            worker.CurrentTime()
        assert not waiting.done()
        lab.get("vm-1001").set(name="told")
        assert waiting.result(5).filterSet[0].objectSet[0].changeSet[0].val == "told"


def test_many_clients_at_once(server: vsphere_lab.Server, trust: ssl.SSLContext) -> None:
    def work(number: int) -> str:
        si = connect(server, trust)
        vm = vim.VirtualMachine(f"vm-{1001 + number % 5}", si._stub)
        names = {vm.name for _unused in range(20)}
        Disconnect(si)
        return names.pop()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(set(pool.map(work, range(16)))) == [f"app-{number}" for number in range(5)]


def test_the_next_call_works_after_every_kind_of_trouble(lab: Lab, remote: Any) -> None:
    for rule in ({"cut": "before"}, {"cut": "after"}, {"truncate": True}, {"http": 503}, {"garbage": True}):
        lab.script.add(method="CurrentTime", **rule)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - clients see various errors; none is a SOAP fault
            remote.CurrentTime()
        assert not isinstance(caught.value, vmodl.MethodFault), rule
        remote.CurrentTime()


def http_call(server: vsphere_lab.Server, trust: ssl.SSLContext, path: str, body: Any = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(server.url + path, data=data, context=trust) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_side_door(lab: Lab, server: vsphere_lab.Server, trust: ssl.SSLContext, remote: Any) -> None:
    lab.doors.update(fault=faults.add_fault, faults_clear=faults.clear_faults)
    assert http_call(server, trust, "/lab") == (200, {"actions": ["fault", "faults_clear"]})
    assert http_call(server, trust, "/lab/fault", {"method": "CurrentTime", "fault": "NotSupported"})[0] == 200
    with pytest.raises(vmodl.fault.NotSupported):
        remote.CurrentTime()
    status, answer = http_call(server, trust, "/lab/fault", {"fault": "Bogus"})
    assert (status, answer["error"]) == (400, "ValueError: no fault is named 'Bogus'")
    assert http_call(server, trust, "/lab/bogus", {})[0] == 404


def test_the_side_door_is_read_by_get_and_opened_by_post_only() -> None:
    lab = vsphere_lab.load("nested")
    with vsphere_lab.serve(lab) as server:
        trust = ssl.create_default_context(cafile=server.ca_file)
        asked = "/lab/reach?source=nested-vm-1&target=gateway"
        reached = http_call(server, trust, asked)
        assert reached == http_call(server, trust, "/lab/reach", {"source": "nested-vm-1", "target": "gateway"})
        assert reached[1]["ok"] is False
        assert http_call(server, trust, "/lab/state?vm=nobody")[0] == 400
        assert http_call(server, trust, "/lab/state?who=nobody")[0] == 400
        with pytest.raises(json.JSONDecodeError):  # a page that says: not found
            http_call(server, trust, "/lab/vmotion?vm=nested-esxi-01")


def test_chunked_requests_and_unknown_paths(server: vsphere_lab.Server, trust: ssl.SSLContext) -> None:
    body = (
        b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
        b'<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this>'
        b"</RetrieveServiceContent></soapenv:Body></soapenv:Envelope>"
    )
    connection = http.client.HTTPSConnection(server.host, server.port, context=trust)
    connection.request("POST", "/sdk", iter([body[:50], body[50:]]), encode_chunked=True)
    answer = connection.getresponse()
    assert answer.status == 200
    assert b"<apiType>VirtualCenter</apiType>" in answer.read()
    connection.request("GET", "/nowhere")  # on the same connection
    answer = connection.getresponse()
    assert (answer.status, b"404" in answer.read()) == (404, True)
    connection.close()


def test_a_call_takes_about_a_millisecond(remote: Any) -> None:
    remote.CurrentTime()
    begin = time.process_time()  # client and server together; a busy machine does not count
    for _unused in range(100):
        remote.CurrentTime()
    assert (time.process_time() - begin) / 100 < 0.004


def test_stop_ends_connections(lab: Lab) -> None:
    server = vsphere_lab.serve(lab)
    si = connect(server, ssl.create_default_context(cafile=server.ca_file))
    server.stop()
    with pytest.raises((OSError, http.client.HTTPException)):
        si.CurrentTime()
