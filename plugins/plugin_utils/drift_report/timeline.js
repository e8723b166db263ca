// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// What became of a vNIC's two MACs, as two lanes over the time that was searched, and as a list.

// A drawing shrinks with the page, and its letters with it: on a phone it begins smaller.
const WIDTH = matchMedia("(max-width: 760px)").matches ? 380 : 720;
const LEFT = 90;
const SVG = "http://www.w3.org/2000/svg";
const CHANGES = ["VmMacChangedEvent", "VmMacAssignedEvent"];

function shape(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

// The configured MAC from change to change. Before the first change that is told of, its former MAC was in force.
function configuredOverTime(row, begin, end) {
  const changes = row.events.filter((event) => CHANGES.includes(event.kind) && event.macs.length > 0);
  const parts = [];
  let mac = changes.length > 0 && changes[0].macs.length > 1 ? changes[0].macs[0] : row.configured;
  let from = begin;
  for (const change of changes) {
    const at = Date.parse(change.time);
    parts.push({ mac, from, to: at });
    [mac, from] = [change.macs.at(-1), at];
  }
  // What is configured now is known; that no event tells of the last change is no reason to show another one.
  return [...parts, { mac: row.configured, from, to: end }];
}

function lanes(row, estate) {
  const [begin, end] = [Date.parse(estate.window.searched_from), Date.parse(estate.time)];
  const x = (time) => LEFT + ((WIDTH - LEFT - 10) * (time - begin)) / Math.max(end - begin, 1);
  const drawing = shape("svg", { class: "lanes", viewBox: `0 0 ${WIDTH} 96`, preserveAspectRatio: "xMinYMid meet", "aria-hidden": "true" });
  drawing.append(shape("text", { class: "name", x: 0, y: 34 }, "configured"), shape("text", { class: "name", x: 0, y: 74 }, "in use"));
  for (const part of configuredOverTime(row, begin, end)) {
    const kind = part.mac === row.runtime ? "a" : "b";
    drawing.append(shape("line", { class: kind, x1: x(part.from) + 4, x2: Math.max(x(part.to) - 4, x(part.from) + 4), y1: 30, y2: 30 }));
    if (x(part.to) - x(part.from) > 130) drawing.append(shape("text", { x: x(part.from) + 2, y: 20 }, part.mac ?? "none yet"));
  }
  if (row.runtime) {
    drawing.append(shape("line", { class: "a guess", x1: x(begin) + 4, x2: x(end) - 8, y1: 70, y2: 70 }));
    drawing.append(shape("circle", { class: "now", cx: x(end) - 4, cy: 70, r: 5 }));
    drawing.append(shape("text", { x: x(end), y: 60, "text-anchor": "end" }, `${row.runtime}, seen now`));
  } else {
    drawing.append(shape("text", { class: "name", x: LEFT, y: 74 }, "not known"));
  }
  for (const event of row.events) drawing.append(shape("circle", { cx: x(Date.parse(event.time)), cy: 30, r: 4 }));
  drawing.append(shape("text", { class: "name", x: x(begin), y: 92 }, estate.window.searched_from.slice(0, 10)));
  drawing.append(shape("text", { class: "name", x: x(end), y: 92, "text-anchor": "end" }, estate.time.slice(0, 10)));
  return drawing;
}

function timeline(row, estate) {
  if (!estate.window) return element("p", { textContent: "Events were not searched." });
  const items = row.events.map((event) =>
    element("li", {},
      element("time", { dateTime: event.time, textContent: event.time.replace("T", " ").replace("Z", " UTC") }),
      ` ${event.kind}`, event.user ? " by " : "", event.user ? named(event.user) : "",
      element("small", {}, named(event.message))));
  const none = element("p", { textContent: `vCenter has no event about it since ${estate.window.searched_from.slice(0, 10)}.` });
  return element("div", {}, lanes(row, estate), items.length > 0 ? element("ol", {}, ...items) : none);
}
