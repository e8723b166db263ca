# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users get: the built artefact, installed into an empty folder, and a playbook of it by its full name."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

from .conftest import ROOT, Play, StartLab

MADE_BY_THE_BUILD = {"MANIFEST.json", "FILES.json"}


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", folder], cwd=ROOT, check=True)
    (built,) = folder.glob("macguard-vsphere-*.tar.gz")
    return built


@pytest.fixture
def installed(artefact: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    folder = tmp_path / "installed"
    subprocess.run(
        ["ansible-galaxy", "collection", "install", "--offline", "-p", str(folder), str(artefact)],
        cwd=tmp_path,
        # Only there: where it sees the checkout, it thinks that the collection is installed already.
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder)},
        check=True,
    )
    return folder


def test_artefact_holds_nothing_that_git_does_not_know(artefact: pathlib.Path) -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    known = set(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines())
    with tarfile.open(artefact) as archive:
        packed = {member.name for member in archive.getmembers() if not member.isdir()}
    assert packed - known == MADE_BY_THE_BUILD


def test_every_file_of_plugins_can_be_imported(installed: pathlib.Path) -> None:
    """Where there is nothing but ansible-core and pyVmomi beside it."""
    collection = installed / "ansible_collections/macguard/vsphere"
    files = [path.relative_to(installed).with_suffix("") for path in (collection / "plugins").rglob("*.py")]
    names = [".".join(path.parts) for path in files]
    assert len(names) > 50
    code = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    subprocess.run([sys.executable, "-c", code, *names], cwd=installed, env=environment, check=True)


def test_every_plugin_is_documented(installed: pathlib.Path) -> None:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(installed)}
    command = ["ansible-doc", "--metadata-dump", "--no-fail-on-errors", "macguard.vsphere"]
    dumped = json.loads(subprocess.run(command, cwd=installed, env=environment, check=True, capture_output=True).stdout)
    plugins = dumped["all"]
    assert {"macguard.vsphere.mac_drift_facts", "macguard.vsphere.vnic_portgroup"} <= set(plugins["module"])
    assert set(plugins["role"]) == {"macguard.vsphere.pin_static_macs", "macguard.vsphere.prepare_nested_esxi_host"}
    broken = [name for kind in plugins.values() for name, said in kind.items() if "error" in said]
    assert broken == []


def test_playbook_runs_by_its_full_name(installed: pathlib.Path, start_lab: StartLab, play: Play) -> None:
    played = play(start_lab("drift"), "macguard.vsphere.audit_mac_drift", ANSIBLE_COLLECTIONS_PATH=str(installed))
    assert played.changed == []
    assert "need attention" in played.output


def test_lab_comes_with_it(installed: pathlib.Path) -> None:
    folder = installed / "ansible_collections/macguard/vsphere/lab"
    command = [sys.executable, "-m", "vsphere_lab", "--list"]
    listed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    assert "drift" in [line.partition(":")[0] for line in listed.splitlines()]
