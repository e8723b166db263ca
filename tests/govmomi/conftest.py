# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""govc and vcsim as processes; run.sh builds them first."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import re
import select
import subprocess
import typing as t
from collections.abc import Callable, Iterator

import pytest
from ansible.module_utils import basic

from ..integration.conftest import ADMIN, Lab, StartLab, play, start_lab

__all__ = ["play", "start_lab"]

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = ROOT / ".cache/go/bin"
START_SECONDS = 120.0
SESSION_TIMEOUT = re.compile(r"(<key>config\.vmacore\.soap\.sessionTimeout</key>\s*<value [^>]*)xsd:int\">(\d+)<")

Govc = Callable[..., t.Any]
StartVcsim = Callable[..., Lab]
Module = Callable[..., dict[str, t.Any]]
Record = Callable[[str], Lab]


@pytest.fixture
def start_vcsim() -> Iterator[StartVcsim]:
    """start_vcsim("-vm", "20") -> a vcsim as it comes, API 8.0.3; it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> Lab:
        # Its own default, API 6.5, makes pyVmomi leave out every newer field without a word.
        login = ["-username", ADMIN["VMWARE_USER"], "-password", ADMIN["VMWARE_PASSWORD"]]
        process = subprocess.Popen(
            [str(BIN / "vcsim"), "-api-version", "8.0.3.0", *login, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout
        if not select.select([process.stdout], [], [], START_SECONDS)[0]:
            pytest.fail(f"vcsim didn't start within {START_SECONDS:.0f} s")
        told = json.loads(process.stdout.readline() or "{}")
        assert told, "vcsim ended at once; its message is above"
        return Lab(port=int(told["port"]), ca_file=told["ca_file"])

    yield start
    for process in running:
        assert process.stdin
        process.stdin.close()  # the end of its standard input ends it
        process.wait(10)


@pytest.fixture
def govc(tmp_path: pathlib.Path) -> Govc:
    """govc(server, "vm.info", "app-01") -> what it prints as JSON; it validates the server's certificate."""

    def run(server: Lab, *arguments: str, fails: bool = False) -> t.Any:
        command, *rest = arguments
        process = subprocess.run(
            [str(BIN / "govc"), command, "-json", *rest],
            env={
                **os.environ,
                "GOVC_URL": f"https://127.0.0.1:{server.port}/sdk",
                "GOVC_USERNAME": ADMIN["VMWARE_USER"],
                "GOVC_PASSWORD": ADMIN["VMWARE_PASSWORD"],
                "GOVC_TLS_CA_CERTS": server.ca_file,
                "GOVC_PERSIST_SESSION": "false",
                "GOVMOMI_HOME": str(tmp_path / "govmomi"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (process.returncode != 0) is fails, process.stdout + process.stderr
        if fails:
            return process.stderr
        decoder, text, found = json.JSONDecoder(), process.stdout.strip(), []
        while text.startswith(("{", "[")):
            value, end = decoder.raw_decode(text)
            found.append(value)
            text = text[end:].strip()
        return found[0] if len(found) == 1 else found

    return run


@pytest.fixture
def record(start_lab: StartLab, govc: Govc, start_vcsim: StartVcsim, tmp_path: pathlib.Path) -> Record:
    """record("drift") -> a vcsim that plays what govc has saved of the lab with that scenario."""

    def run(scenario: str) -> Lab:
        saved = tmp_path / f"{scenario}-saved"
        govc(start_lab(scenario), "object.save", "-d", str(saved))
        for path in saved.glob("*-OptionManager-*.xml"):
            # vCenter counts minutes; vcsim parses a duration, and crashes at the first login if it isn't one.
            path.write_text(SESSION_TIMEOUT.sub(r'\1xsd:string">\2m<', path.read_text()))
        return start_vcsim("-load", str(saved))

    return run


class _Ended(Exception):
    """Carries what a module wanted to print when it ended."""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Module:
    """module(server, "vnic_mac_pin", check=False, **options) -> its result; it logs in over HTTPS, as always."""

    def end(_module: basic.AnsibleModule, **result: t.Any) -> t.NoReturn:
        raise _Ended(result)

    def fail(_module: basic.AnsibleModule, msg: str, **result: t.Any) -> t.NoReturn:
        raise _Ended({"failed": True, "msg": msg, **result})

    def run(server: Lab, name: str, *, check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        access = {"hostname": "127.0.0.1", "port": server.port, "ca_path": server.ca_file}
        login = {"username": ADMIN["VMWARE_USER"], "password": ADMIN["VMWARE_PASSWORD"]}
        arguments = {"_ansible_check_mode": check, "_ansible_diff": True, **access, **login, **options}
        monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
        monkeypatch.setattr(basic.AnsibleModule, "fail_json", fail)
        monkeypatch.setattr(basic, "_load_params", lambda: arguments)
        with pytest.raises(_Ended) as ended:
            importlib.import_module(f"ansible_collections.macguard.vsphere.plugins.modules.{name}").main()
        result: dict[str, t.Any] = json.loads(json.dumps(ended.value.args[0]))
        return result

    return run
