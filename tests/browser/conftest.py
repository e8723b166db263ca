# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser with a report in it. Whatever the page logs, throws or asks a network for fails the test."""

from __future__ import annotations

import os
import pathlib
import typing as t
from collections.abc import Callable, Iterator

import pytest
import vsphere_lab
from ansible_collections.macguard.vsphere.plugins.plugin_utils.drift_report.page import page as written
from playwright import sync_api

from .audited import Facts, audited

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Show = Callable[..., sync_api.Page]


@pytest.fixture(scope="session")
def drifted() -> Facts:
    return audited(vsphere_lab.load("drifted"))


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    assert "CHROMIUM" in os.environ, "where is the browser? `make browser` finds it, and says so in CHROMIUM"
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def show(browser: sync_api.Browser, tmp_path: pathlib.Path) -> Iterator[Show]:
    """show(facts, **options of the browser's window) -> the report of these facts, opened as a file.

    `expected` is part of what the browser shall complain of, where a test provokes that.
    """
    contexts: list[sync_api.BrowserContext] = []
    complaints: list[str] = []

    def opened(facts: Facts, *, expected: str = "\0", **options: t.Any) -> sync_api.Page:
        def complain(text: str) -> None:
            if expected not in text:
                complaints.append(text)

        report = tmp_path / "report.html"
        report.write_text(written(facts), encoding="utf-8")
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("console", lambda message: complain(message.text))
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("request", lambda request: complain(request.url) if _is_foreign(request, report) else None)
        page.goto(report.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _is_foreign(request: sync_api.Request, report: pathlib.Path) -> bool:
    return request.url != report.as_uri() and not request.url.startswith("data:")
