# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job templates' playbooks, run by ansible-runner as AWX runs them.

A private data directory with the project (this checkout), the inventory that configure_awx makes, the environment that
AWX's VMware credential injects, the answers to the survey as extra variables, job type, tags and limit. The collection
comes out of the installed artefact, as in an execution environment.
"""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from .conftest import ADMIN, ROOT, Lab, StartLab
from .test_artefact import artefact

__all__ = ["artefact"]

CONFIGURATION = yaml.safe_load((ROOT / "playbooks/configure_awx.yml").read_text())[0]["vars"]
TEMPLATES = {template["name"]: template for template in CONFIGURATION["configure_awx_templates"]}

Inventory = dict[str, t.Any]


def vcenter(lab: Lab) -> dict[str, t.Any]:
    """The variables of a host, as configure_awx sets them."""
    return {"vcenter": {"hostname": "127.0.0.1", "validate_certs": True, "port": lab.port, "ca_path": lab.ca_file}}


def vcenters(hosts: dict[str, t.Any], **ungrouped: t.Any) -> Inventory:
    return {"all": {"hosts": ungrouped, "children": {"vcenters": {"hosts": hosts}}}}


class Awx:
    """What AWX has at hand when it starts a job."""

    def __init__(self, folder: pathlib.Path, built: pathlib.Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        collections = self.home / ".ansible/collections"
        install = ["ansible-galaxy", "collection", "install", "--offline", "-p", str(collections), str(built)]
        subprocess.run(install, cwd=folder, env=self._environment(), check=True)
        self.project = folder / "project"
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, names):
            if (ROOT / name).exists():
                (self.project / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.project / name)

    def _environment(self) -> dict[str, str]:
        # Nothing of the checkout's own settings: the project's ansible.cfg and the home have to do.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        return {**kept, "HOME": str(self.home)}

    def job(
        self,
        where: Lab | Inventory,
        template: str,
        answers: dict[str, t.Any],
        *,
        fails: bool = False,
        limit: str = "lab",
    ) -> str:
        """Launch a job template with answers to its survey; returns what it printed."""
        what = TEMPLATES[template]
        survey = json.loads((ROOT / f"playbooks/surveys/{what['survey']}.json").read_text())["spec"]
        asked = {question["variable"]: question["default"] for question in survey}
        assert answers.keys() <= asked.keys(), "the survey doesn't ask for that"
        data = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (data / "env").mkdir()
        (data / "inventory").mkdir()
        (data / "project").symlink_to(self.project)
        (data / "env/extravars").write_text(json.dumps({**asked, **answers}))
        (data / "env/envvars").write_text(json.dumps(self._credential()))
        inventory = self._inventory(where) if isinstance(where, Lab) else where
        (data / "inventory/hosts.json").write_text(json.dumps(inventory))
        options = ["--diff", *(["--limit", limit] if limit else [])]
        options += ["--check"] if what.get("job_type") == "check" else []
        options += ["--tags", what["tags"]] if "tags" in what else []
        command = ["ansible-runner", "run", str(data), "-p", f"playbooks/{what['playbook']}.yml"]
        process = subprocess.run(
            [*command, f"--cmdline={shlex.join(options)}"],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (process.returncode != 0) is fails, process.stdout
        return process.stdout

    @staticmethod
    def _credential() -> dict[str, str]:
        """Host, user and password by AWX's own VMware credential, and its setting about certificates."""
        return {"VMWARE_HOST": "vcenter.example.com", **ADMIN, "VMWARE_VALIDATE_CERTS": "False"}

    @staticmethod
    def _inventory(lab: Lab) -> Inventory:
        other = {"hostname": "127.0.0.1", "validate_certs": True, "port": 1}
        return vcenters({"lab": vcenter(lab), "not-in-the-limit": {"vcenter": other}})


@pytest.fixture(scope="module")
def awx(tmp_path_factory: pytest.TempPathFactory, artefact: pathlib.Path) -> Awx:
    return Awx(tmp_path_factory.mktemp("awx"), artefact)


def test_workflow_of_the_change(awx: Awx, start_lab: StartLab, tmp_path: pathlib.Path) -> None:
    """Preview, approval, pin, move, verify: each a job of its own, with the same answers. Then undone to the pin."""
    lab = start_lab("drift")
    before = lab.nics("web-01", "lic-01")
    answers = {"pin_static_macs_vms": "web-01,lic-01", "pin_static_macs_target": "dv-production"}
    answers["pin_static_macs_state_dir"] = str(tmp_path)

    preview = awx.job(lab, "change portgroup, preview", answers)
    assert "portgroup dv-staging -> dv-production" in preview
    assert lab.nics("web-01", "lic-01") == before
    early = awx.job(lab, "change portgroup, verify", answers, fails=True)
    assert "Not pinned or not moved yet: lic-01, web-01" in early
    awx.job(lab, "change portgroup, pin", answers)
    assert lab.nics("web-01", "lic-01") == [(vm, mac, "manual", "dv-staging") for vm, mac, *_rest in before]
    awx.job(lab, "change portgroup, move", answers)
    assert "changed=0" in awx.job(lab, "change portgroup, verify", answers)
    assert lab.nics("web-01", "lic-01") == [(vm, mac, "manual", "dv-production") for vm, mac, *_rest in before]
    _pinned, moved = sorted(tmp_path.iterdir())
    awx.job(lab, "undo", {"restore_file": str(moved)})
    assert lab.nics("web-01", "lic-01") == [(vm, mac, "manual", "dv-staging") for vm, mac, *_rest in before]


def test_audit_and_preparation(awx: Awx, start_lab: StartLab) -> None:
    lab = start_lab("nested")
    assert "need attention" in awx.job(lab, "audit MAC drift", {})
    awx.job(lab, "prepare nested ESXi", {"prepare_nested_esxi_host_vms": "nested-esxi-01"})
    assert lab.door("reach", source="nested-vm-1", target="gateway")["ok"]


def test_change_in_one_job(awx: Awx, start_lab: StartLab) -> None:
    lab = start_lab("drift")
    answers = {"pin_static_macs_portgroup": "Staging", "pin_static_macs_target": "Production"}
    told = awx.job(lab, "change portgroup", {**answers, "pin_static_macs_on_refused": "skip"})
    assert "quiet-01" in told
    assert lab.nics("db-01") == [("db-01", "00:50:56:86:02:01", "manual", "Production")]


def test_slices_of_a_job_run_side_by_side(awx: Awx, start_lab: StartLab, tmp_path: pathlib.Path) -> None:
    """Each has a part of the inventory's hosts, the same answers and folders. One has got no vCenter at all."""
    labs = {"vc-a": start_lab("drift"), "vc-b": start_lab("drift")}
    slices = [vcenters({name: vcenter(lab)}) for name, lab in labs.items()]
    without = vcenters({}, **{"no-vcenter": {}})

    def launch(parts: list[Inventory], template: str, answers: dict[str, t.Any]) -> list[str]:
        with ThreadPoolExecutor(len(parts)) as pool:
            return list(pool.map(lambda part: awx.job(part, template, answers, limit=""), parts))

    history = tmp_path / "history"
    *_told, idle = launch([*slices, without], "audit MAC drift", {"audit_mac_drift_history": str(history)})
    assert "no hosts matched" in idle
    kept = {folder.name: sorted(file.suffix for file in folder.iterdir()) for folder in history.iterdir()}
    assert kept == {name: [".csv", ".html", ".json"] for name in labs}

    answers = {"pin_static_macs_vms": "web-01,lic-01", "pin_static_macs_target": "dv-production"}
    told = launch(slices, "change portgroup", {**answers, "pin_static_macs_state_dir": str(tmp_path / "state")})
    for name, lab, output in zip(labs, labs.values(), told, strict=True):
        assert {nic[2:] for nic in lab.nics("web-01", "lic-01")} == {("manual", "dv-production")}
        (file,) = (tmp_path / "state").glob(f"{name}.*")
        assert str(file) in output
