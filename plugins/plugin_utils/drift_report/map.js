// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The map: cluster, host, switch, portgroup, vNIC. A branch is drawn when it is opened, so that a large estate opens fast.

const LEVELS = [
  { name: "cluster", kind: "Cluster", none: "Hosts in no cluster" },
  { name: "host", kind: "Host", none: "No host" },
  { name: "switch", kind: "Switch", none: "No switch known" },
  { name: "portgroup", kind: "Portgroup", none: "No network" },
];
const MOST_DOTS = 40;
const MOST_PORTS = 100;
const MOST_OPEN = 30;

function grouped(rows, name) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(row[name])) groups.set(row[name], []);
    groups.get(row[name]).push(row);
  }
  return [...groups].sort(([one], [other]) => ORDER.compare(one, other));
}

function tally(rows, estate) {
  const found = estate.attention.map((state) => [state, rows.filter((row) => row.state === state).length]).filter(([, number]) => number > 0);
  const pills = found.map(([state, number]) => element("span", { className: `pill ${state}`, textContent: `${number} ${estate.states[state].toLowerCase()}` }));
  return element("span", { className: "tally" }, ...pills, element("span", { textContent: count(rows.length, "vNIC") }));
}

// Rows come most urgent first, so what is left out is what is in order.
function dots(rows) {
  const drawn = rows.slice(0, MOST_DOTS).map((row) => element("i", { className: row.state }));
  return element("span", { className: "dots", "aria-hidden": "true" }, ...drawn, rows.length > MOST_DOTS ? "…" : null);
}

function port(row, estate) {
  const rule = row.policy.find(({ flag }) => flag === "MAC changes");
  const inUse = row.runtime && row.runtime !== row.configured;
  return element("li", { className: row.state },
    element("span", {}, named(row.vm), element("small", {}, named(row.vnic))),
    element("span", { className: `pill ${row.state}`, textContent: estate.states[row.state] }),
    element("span", {}, mac(row.configured), inUse ? element("small", {}, "in use ", mac(row.runtime, "differs")) : null),
    element("span", {}, rule ? `MAC changes ${rule.value}` : "policy not readable", rule ? element("small", {}, "by ", named(rule.source)) : null));
}

function ports(rows, estate) {
  const list = element("ul", { className: "ports" });
  const show = (begin) => {
    list.append(...rows.slice(begin, begin + MOST_PORTS).map((row) => port(row, estate)));
    const rest = rows.length - begin - MOST_PORTS;
    if (rest <= 0) return;
    const button = element("button", { type: "button", className: "more", textContent: `Show more (${rest} left)` });
    const item = element("li", {}, button);
    button.addEventListener("click", () => { item.remove(); show(begin + MOST_PORTS); });
    list.append(item);
  };
  show(0);
  return list;
}

function branch(rows, depth, estate, room) {
  const level = LEVELS[depth];
  return grouped(rows, level.name).map(([name, own]) => {
    const last = depth === LEVELS.length - 1;
    const node = element("details", {}, element("summary", {}, element("span", { className: "kind", textContent: level.kind }), named(name || level.none), last ? dots(own) : null, tally(own, estate)));
    const fill = () => { if (node.children.length === 1) node.append(...(last ? [ports(own, estate)] : branch(own, depth + 1, estate, room))); };
    node.addEventListener("toggle", fill, { once: true });
    const urgent = own.some((row) => row.state === "blocked" || row.state === "connect");
    if (room.left > 0 && (urgent || depth === 0)) {
      room.left -= 1;
      fill();
      node.open = true;
    }
    return node;
  });
}

function estateMap(place, estate) {
  place.append(...branch(estate.rows, 0, estate, { left: MOST_OPEN }));
}
