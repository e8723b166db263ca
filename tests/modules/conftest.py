# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module in process against the lab: the real code from option parsing to exit_json, without sockets."""

from __future__ import annotations

import importlib
import json
import typing as t
from collections.abc import Callable

import pytest
import vsphere_lab
from ansible.module_utils import basic
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere import session
from ansible_collections.macguard.vsphere.plugins.module_utils._vsphere.vnic import gateway as vm_gateway

ADMIN = {"hostname": "lab", "username": "administrator@vsphere.local", "password": "VMware1!"}
Result = dict[str, t.Any]
Run = Callable[..., Result]


class _Ended(Exception):
    """Carries what the module wanted to print when it ended."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """run(lab, "module_name", check=False, diff=True, **options) -> its result, `failed` as Ansible sets it."""

    def end(module: basic.AnsibleModule, **result: t.Any) -> t.NoReturn:
        raise _Ended(result)

    def fail(module: basic.AnsibleModule, msg: str, **result: t.Any) -> t.NoReturn:
        raise _Ended({"failed": True, "msg": msg, **result})

    def call(lab: vsphere_lab.Lab, name: str, *, check: bool = False, diff: bool = True, **options: t.Any) -> Result:
        arguments = {"_ansible_check_mode": check, "_ansible_diff": diff, **ADMIN, **options}
        monkeypatch.setattr(session, "login", lambda given: lab.connect(given.username, given.password))
        monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
        monkeypatch.setattr(basic.AnsibleModule, "fail_json", fail)
        monkeypatch.setattr(basic, "_load_params", lambda: arguments, raising=True)
        module = importlib.import_module(f"ansible_collections.macguard.vsphere.plugins.modules.{name}")
        with pytest.raises(_Ended) as ended:
            module.main()
        result: Result = json.loads(json.dumps(ended.value.args[0]))
        return result

    return call


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets edits that met an obstacle be tried again at once."""
    monkeypatch.setattr(vm_gateway, "PAUSES", (0.0, 0.0, 0.0))


def outcomes(result: Result) -> dict[str, str]:
    """What became of each vNIC, by VM and the number in its label."""
    return {f"{each['vm']} {each['label'][-1]}": each["outcome"] for each in result["vnics"]}
