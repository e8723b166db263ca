# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the picture of the drift report that the README shows: the lab's estate `drifted`, as `make screenshot`."""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile

import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.plugin_utils.drift_report.page import page as written
from playwright.sync_api import sync_playwright

from tests.browser.audited import audited

ROOT = pathlib.Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/images/drift_report.png"


def main() -> int:
    """Write the report, open it, and photograph its first screen with a finding opened."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = pathlib.Path(folder) / "report.html"
        report.write_text(written(audited(vsphere_lab.load("drifted"))), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1040}, color_scheme="light")
        page.goto(report.as_uri())
        page.get_by_role("button", name="Details of drift-blocked").click()
        page.evaluate("document.activeElement.blur()")
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
