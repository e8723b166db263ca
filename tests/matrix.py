# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the collection on each ansible-core that it is for: `make matrix`, or `python tests/matrix.py 2.16.19 …`.

For each an environment with nothing but ansible-core, pyVmomi and what pytest needs. There the artefact is built,
installed, imported and played over HTTPS, and the unit tests are run.
"""

from __future__ import annotations

import glob
import os
import pathlib
import shutil
import subprocess
import sys

MATRIX = {"2.16.19": "3.10", "2.19.14": "3.11", "2.21.5": "3.12", "2.22.0rc1": "3.13"}
NEEDED = ("pyvmomi", "pytest", "pytest-xdist", "hypothesis")
TESTS = ("tests/unit", "tests/integration/test_artefact.py")
HOME = pathlib.Path(".cache/matrix").absolute()


def find_python(version: str) -> str | None:
    """One on the PATH, or one of pyenv's; the name alone says nothing, as pyenv has it for versions that it lacks."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = [shutil.which(f"python{version}"), *sorted(glob.glob(f"{pyenv}/versions/{version}.*/bin/python{version}"))]
    return next((python for python in found if python and works(python)), None)


def works(python: str) -> bool:
    return subprocess.run([python, "-c", "import ssl, venv"], check=False, capture_output=True).returncode == 0


def without_hashes(lock: str) -> str:
    """The lock's versions as constraints, which have no hashes; not ansible-core's, which is what differs."""
    pins = [line.removesuffix(" \\") for line in lock.splitlines() if line[:1].isalnum()]
    return "".join(f"{pin}\n" for pin in pins if not pin.startswith("ansible-core=="))


def install(core: str, python: str) -> pathlib.Path:
    """The folder with the environment's programs."""
    environment = HOME / core
    constraints = HOME / "constraints.txt"
    constraints.write_text(without_hashes(pathlib.Path("tests/requirements.txt").read_text()))
    programs = environment / "bin"
    if not programs.exists():
        subprocess.run(["uv", "venv", "--quiet", "--python", python, str(environment)], check=True)
    command = ["uv", "pip", "install", "--quiet", "--python", str(programs / "python"), "--compile-bytecode"]
    subprocess.run([*command, "--constraint", str(constraints), f"ansible-core=={core}", *NEEDED], check=True)
    return programs


def test(programs: pathlib.Path) -> bool:
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(HOME / "no-collections"),
    }
    command = [str(programs / "python"), "-m", "pytest", "-q", "--no-header", "--disable-warnings", *TESTS]
    return subprocess.run(command, env=environment, check=False).returncode == 0


def main(wanted: list[str]) -> int:
    """Each of the matrix, or those that are asked for; the last line says what wasn't run."""
    HOME.mkdir(parents=True, exist_ok=True)
    failed, missing = [], []
    for core, version in MATRIX.items():
        if wanted and core not in wanted:
            continue
        python = find_python(version)
        print(f"ansible-core {core} on Python {version}: {python or 'NOT FOUND'}", flush=True)
        if python is None:
            missing.append(f"ansible-core {core} (found no Python {version})")
        elif not test(install(core, python)):
            failed.append(core)
    if failed:
        print(f"Failed on ansible-core {', '.join(failed)}")
    if missing:
        print(f"NOT RUN on {', '.join(missing)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
