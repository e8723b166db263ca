# Copyright (c) 2026, macguard.vsphere contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as its readers meet it: filter, sort, open, copy, print, by keyboard, without script, in any size."""

from __future__ import annotations

import typing as t

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .audited import Facts, multiplied, named
from .conftest import Show

FINDINGS = 18
HOSTILE = [
    pytest.param("</script><script>document.title='owned'</script>", id="end of script"),
    pytest.param("<!--<script>", id="double escape"),
    pytest.param("<img src=x onerror=\"document.title='owned'\">", id="image"),
    pytest.param("""it's "quoted" & \\u003c \\""", id="quotes"),
    pytest.param("{{ 7 * 7 }}{% raw %}", id="Jinja"),
    pytest.param("\x1b[31mred\x1b[0m\x00", id="ANSI"),
    pytest.param("safe\u202egpj.exe\u202c", id="right to left"),
    pytest.param("line\u2028line", id="line separator"),
    pytest.param("שרת-01", id="Hebrew"),
    pytest.param("x" * 400, id="long"),
]


def rows(page: Page) -> t.Any:
    return page.locator("table.findings tbody tr:not(.detail)")


def names(page: Page) -> list[str]:
    return page.locator("table.findings tbody th > bdi").all_text_contents()


def test_all_findings_are_there_most_urgent_first(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    assert len(names(page)) == FINDINGS
    assert names(page)[0] == "drift-blocked"
    assert page.locator("#tiles").inner_text().split("\n")[::2] == ["1", "6", "2", "2", "7", "4", "15"]


def test_filters_narrow_the_table_and_say_so(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    page.get_by_role("button", name="Latent risk").click()
    expect(rows(page)).to_have_count(7)
    page.get_by_label("Search VM").fill("latent-foreign dv-staging")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 to 1 of 1 finding")
    page.get_by_label("Search VM").fill("nowhere")
    expect(page.get_by_text("No finding fits these filters.")).to_be_visible()
    page.get_by_label("Search VM").fill("")
    page.get_by_role("button", name="Latent risk").click()
    page.get_by_role("combobox", name="Portgroup").select_option("dv-production")
    assert sorted(names(page)) == ["drift-blocked", "drift-dv", "drift-old"]


def test_what_somebody_did_can_be_searched_for(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    page.get_by_label("Search VM").fill("careless-tool")
    assert sorted(names(page)) == ["drift-blocked", "drift-dv"]


def test_columns_sort_both_ways(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    page.get_by_role("button", name="vNIC", exact=True).click()
    ascending = names(page)
    assert ascending == sorted(ascending)
    assert page.get_by_role("columnheader", name="vNIC", exact=True).get_attribute("aria-sort") == "ascending"
    page.get_by_role("button", name="vNIC", exact=True).click()
    assert names(page) == ascending[::-1]


def test_a_remedy_can_be_copied(show: Show, drifted: Facts) -> None:
    page = show(drifted, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy remedy: drift-dv,").click()
    expect(page.get_by_role("status")).to_have_text("Copied: drift-dv, Network adapter 1")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("drift-dv, Network adapter 1: The configuration says")
    assert "vnic_mac_pin" in copied


def test_copying_works_where_the_clipboard_is_forbidden(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    page.evaluate("""() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"));
        document.addEventListener("copy", () => { window.copied = document.activeElement.value; });
    }""")
    page.get_by_role("button", name="Copy remedy: drift-dv,").click()
    expect(page.get_by_role("status")).to_contain_text("Copied: drift-dv")
    assert "vnic_mac_pin" in page.evaluate("window.copied")


def test_a_finding_opens_by_keyboard_alone(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the findings")).to_be_focused()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Details of drift-blocked")
    for _unused in range(20):
        if button.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    opened = page.locator("tr.detail:visible")
    expect(opened).to_contain_text("VmMacChangedEvent by VSPHERE.LOCAL\\careless-tool")
    expect(opened).to_contain_text("by switch dvs-lab")
    page.keyboard.press("Space")
    expect(opened).to_have_count(0)


def test_the_timeline_shows_both_macs_apart_since_the_change(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    page.get_by_role("button", name="Details of drift-blocked").click()
    lines = page.locator("svg.lanes line").evaluate_all("nodes => nodes.map((node) => node.getAttribute('class'))")
    assert lines == ["a", "b", "a guess"]


def test_the_map_marks_what_is_blocked(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    place = page.locator("#map-app")
    blocked = place.locator("li.blocked")
    expect(blocked).to_be_visible()
    expect(blocked).to_contain_text("drift-blocked")
    expect(blocked).to_contain_text("MAC changes rejectby switch dvs-lab")
    assert place.locator("details").evaluate_all("nodes => nodes.every((node) => node.children.length)")
    standard = place.locator("summary", has_text="vSwitch0").first
    expect(standard).to_be_visible()


def test_every_vnic_is_somewhere_on_the_map(show: Show, drifted: Facts) -> None:
    page = show(drifted)
    closed = page.locator("#map-app details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    assert page.locator("#map-app .ports > li").count() == drifted["counts"]["vnics"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_keeps_a_screen_reader_out(show: Show, drifted: Facts, scheme: str, width: int) -> None:
    page = show(drifted, color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="Details of drift-blocked").click()
    page.get_by_role("button", name="Details of latent-foreign").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_only_ever_a_name(show: Show, drifted: Facts, name: str) -> None:
    page = show(named(drifted, name))
    expect(rows(page)).to_have_count(FINDINGS)
    page.get_by_role("button", name="Details of").first.click()
    assert page.title().startswith("MAC drift on ")
    assert page.locator("img, iframe, object").count() == 0
    assert page.locator("script").count() == 2
    shown = names(page)[0]
    assert shown == "".join(f"[U+{ord(each):04X}]" if each in "\x1b\x00\u2028\u202e\u202c" else each for each in name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_script_that_got_in_would_not_run(show: Show, drifted: Facts) -> None:
    page = show(drifted, expected="violates the following Content Security Policy directive")
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.owned = true";
        window.refused = new Promise((tell) => {
            addEventListener("securitypolicyviolation", (event) => tell(event.effectiveDirective));
        });
        document.body.append(script);
    }""")
    assert page.evaluate("window.refused") == "script-src-elem"
    assert page.evaluate("window.owned") is None


def test_without_script_the_summary_and_the_findings_are_there(show: Show, drifted: Facts) -> None:
    page = show(drifted, java_script_enabled=False)
    assert page.locator("noscript tbody tr").count() == FINDINGS
    expect(page.locator(".lead")).to_contain_text("7 of 37 vNICs are cut off or will be.")
    expect(page.locator("noscript td em").first).to_be_visible()
    expect(page.locator("noscript td em").first).to_contain_text("vnic_mac_pin")


def test_paper_gets_every_finding(show: Show, drifted: Facts) -> None:
    page = show(multiplied(drifted, 200, every=2))
    expect(rows(page)).to_have_count(50)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(rows(page)).to_have_count(100)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(rows(page)).to_have_count(50)


# Bounds for a busy machine; alone it takes a third of them.
@pytest.mark.parametrize("every", [pytest.param(30, id="as estates are"), pytest.param(1, id="nothing but findings")])
def test_ten_thousand_vnics_are_read_with_ease(show: Show, drifted: Facts, every: int) -> None:
    page = show(multiplied(drifted, 10_000, every=every))
    size = page.evaluate("performance.getEntriesByType('navigation')[0].decodedBodySize") or page.evaluate(
        "new TextEncoder().encode(document.documentElement.outerHTML).length"
    )
    assert size < (5_000_000 if every > 1 else 10_000_000)
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive") < 3000
    expect(rows(page)).to_have_count(50)
    assert page.evaluate("document.querySelectorAll('*').length") < 10_000
    filtering = page.evaluate("""() => {
        const search = document.querySelector("input[type=search]");
        const begin = performance.now();
        search.value = "vm-00030";
        search.dispatchEvent(new Event("input"));
        return performance.now() - begin;
    }""")
    assert filtering < 500
    assert names(page) == ["vm-00030"]


def test_turning_pages(show: Show, drifted: Facts) -> None:
    page = show(multiplied(drifted, 200, every=2))
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_text("51 to 100 of 100 findings").first).to_be_visible()
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
