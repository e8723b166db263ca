// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table of findings: filter, sort, page by page, and a row that opens.

const PER_PAGE = 50;
const MOST_IN_PRINT = 500;
const COLUMNS = [
  { name: "State", key: (row) => row.urgency },
  { name: "vNIC", key: (row) => row.vm },
  { name: "Where", key: (row) => `${row.portgroup}\n${row.host}` },
  { name: "Configured", key: (row) => row.configured ?? "" },
  { name: "In use", key: (row) => row.runtime ?? "" },
];
const ORDER = new Intl.Collator("en", { numeric: true });

function compare(one, other) {
  return typeof one === "number" ? one - other : ORDER.compare(one, other);
}

function findingsTable(place, tiles, estate) {
  const all = estate.rows.filter((row) => estate.attention.includes(row.state));
  const view = { text: "", state: "", cluster: "", portgroup: "", column: 0, down: false, page: 0, shown: all, perPage: PER_PAGE };
  const open = new Set();
  const body = element("tbody");
  const heads = COLUMNS.map((column, index) => head(column, () => sortBy(index)));
  const pager = element("div", { className: "pager" });

  function head(column, act) {
    return element("th", { scope: "col" }, element("button", { type: "button", className: "sort", textContent: column.name, on: { click: act } }));
  }

  function sortBy(index) {
    view.down = view.column === index && !view.down;
    view.column = index;
    update();
    say(`Sorted by ${COLUMNS[index].name}, ${view.down ? "descending" : "ascending"}.`);
  }

  function fits(row) {
    return (!view.state || row.state === view.state) && (!view.cluster || row.cluster === view.cluster) &&
      (!view.portgroup || row.portgroup === view.portgroup) && view.text.split(/\s+/).every((word) => row.text.includes(word));
  }

  function update() {
    const { key } = COLUMNS[view.column];
    view.shown = all.filter(fits);
    const keys = new Map(view.shown.map((row) => [row, key(row)]));
    view.shown.sort((one, other) => compare(keys.get(one), keys.get(other)) * (view.down ? -1 : 1) || one.number - other.number);
    view.page = 0;
    heads.forEach((each, index) => each.setAttribute("aria-sort", index === view.column ? (view.down ? "descending" : "ascending") : "none"));
    for (const [state, button] of buttons) button.setAttribute("aria-pressed", String(state === view.state));
    draw();
  }

  function draw() {
    const begin = view.page * view.perPage;
    const rows = view.shown.slice(begin, begin + view.perPage);
    body.replaceChildren(...rows.flatMap(lines));
    if (rows.length === 0) body.append(element("tr", {}, element("td", { colSpan: 6, textContent: all.length === 0 ? "Nothing needs attention." : "No finding fits these filters." })));
    drawPager(begin, rows.length);
  }

  function drawPager(begin, length) {
    const total = view.shown.length;
    const text = total === 0 ? "0 findings" : `${(begin + 1).toLocaleString("en")} to ${(begin + length).toLocaleString("en")} of ${count(total, "finding")}`;
    const turn = (label, by, able) => element("button", { type: "button", className: "plain", textContent: label, disabled: !able,
      on: { click: () => { view.page += by; draw(); say(pager.firstChild.textContent); document.getElementById("findings").focus(); } } });
    pager.replaceChildren(element("span", { textContent: text }));
    if (total > view.perPage) pager.append(element("div", {}, turn("Previous", -1, begin > 0), turn("Next", 1, begin + length < total)));
  }

  function lines(row) {
    const more = element("tr", { className: "detail", id: `detail-${row.number}`, hidden: !open.has(row) }, element("td", { colSpan: 6 }));
    if (open.has(row)) more.firstChild.append(detail(row, estate));
    const toggle = element("button", { type: "button", className: "more", textContent: "Details", "aria-expanded": String(open.has(row)), "aria-controls": more.id, "aria-label": `Details of ${row.vm}, ${row.vnic}` });
    toggle.addEventListener("click", () => {
      if (open.delete(row)) more.firstChild.replaceChildren();
      else { open.add(row); more.firstChild.append(detail(row, estate)); }
      more.hidden = !open.has(row);
      toggle.setAttribute("aria-expanded", String(open.has(row)));
    });
    const remedy = [row.remedy, ...row.risks.map((risk) => risk.remedy)].filter((text) => text !== "Nothing to do.").join(" ");
    const risk = row.state === "latent" ? row.risks.map((each) => each.explanation).join(" ") : "";
    return [element("tr", { className: row.state },
      element("td", {}, element("span", { className: `pill ${row.state}`, textContent: estate.states[row.state] })),
      element("th", { scope: "row" }, named(row.vm), element("small", {}, named(row.vnic))),
      element("td", {}, named(row.portgroup || "no network"), element("small", {}, named([row.switch, row.host].filter(Boolean).join(" · ")))),
      element("td", { "data-name": "Configured" }, mac(row.configured)),
      element("td", { "data-name": "In use" }, mac(row.runtime, row.runtime && row.runtime !== row.configured ? "differs" : "")),
      element("td", { className: "what" }, risk || row.explanation, " ", element("em", { textContent: remedy }), element("div", {}, toggle,
        copyButton("Copy remedy", `${row.vm}, ${row.vnic}`, `${row.vm}, ${row.vnic}: ${risk || row.explanation}\n${remedy}`, "more")))), more];
  }

  function choice(label, name, values) {
    const options = [element("option", { value: "", textContent: "All" }), ...values.map((text) => element("option", { value: text, textContent: text }))];
    return element("label", {}, label, element("select", { on: { change: (event) => { view[name] = event.target.value; update(); say(pager.firstChild.textContent); } } }, ...options));
  }

  const different = (name) => [...new Set(all.map((row) => row[name]))].filter(Boolean).sort(ORDER.compare);
  let waiting = 0;
  const search = element("input", { type: "search", autocomplete: "off", spellcheck: false, on: { input: () => {
    view.text = search.value.toLowerCase().trim();
    update();
    clearTimeout(waiting);
    waiting = setTimeout(() => say(pager.firstChild.textContent), 600);
  } } });

  const buttons = new Map();
  for (const tile of tiles.children) {
    if (!estate.attention.includes(tile.dataset.state)) continue;
    const button = element("button", { type: "button", on: { click: () => {
      view.state = view.state === tile.dataset.state ? "" : tile.dataset.state;
      update();
      say(pager.firstChild.textContent);
    } } }, ...tile.childNodes);
    tile.append(button);
    buttons.set(tile.dataset.state, button);
  }

  // Paper has no pages to turn to: it gets everything that fits the filters, up to a bound.
  addEventListener("beforeprint", () => { [view.page, view.perPage] = [0, MOST_IN_PRINT]; draw(); });
  addEventListener("afterprint", () => { view.perPage = PER_PAGE; draw(); });

  place.append(
    element("div", { className: "filters" }, element("label", {}, "Search VM, portgroup, host, MAC, event", search),
      choice("Cluster", "cluster", different("cluster")), choice("Portgroup", "portgroup", different("portgroup"))),
    element("div", { className: "scroll", role: "region", "aria-label": "Table of findings", tabIndex: 0 },
      element("table", { className: "findings" },
        element("thead", {}, element("tr", {}, ...heads, element("th", { scope: "col", textContent: "What it means, and what to do" }))), body)),
    pager);
  update();
}
