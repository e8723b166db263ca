// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// All that is known of one finding: opened from its row.

function detail(row, estate) {
  return element("div", { className: `facts ${row.state}` },
    block("Timeline", "wide", timeline(row, estate)),
    row.commands.length > 0 ? block("To run", "wide", runs(row)) : null,
    block("Policy of its port", "", rules(row)),
    block("Known of it", "", known(row)),
    row.risks.length > 0 ? block("What may happen besides", "", risks(row)) : null);
}

function block(title, className, content) {
  return element("div", { className }, element("h3", { textContent: title }), content);
}

function runs(row) {
  const lines = row.commands.map(({ when, command }) =>
    element("li", {}, element("small", { textContent: `${when} (add --check --diff to preview):` }),
      element("div", { className: "run" }, element("code", { textContent: command }),
        copyButton("Copy", `command for ${row.vm}`, command, "plain"))));
  return element("ul", {}, ...lines);
}

function rules(row) {
  if (row.policy.length === 0) return element("p", { textContent: "Not readable." });
  const lines = row.policy.map(({ flag, value, source }) =>
    element("tr", {}, element("th", { scope: "row", textContent: flag }),
      element("td", {}, element("span", { className: value === "accept" ? "value open" : "value", textContent: value })),
      element("td", { className: "from" }, "by ", named(source))));
  const elsewhere = row.rejectedOn.length > 0 ? element("p", {}, "MAC changes are rejected on ", named(row.rejectedOn.join(", ")), ".") : null;
  return element("div", {}, element("table", { className: "rules" }, element("tbody", {}, ...lines)), elsewhere);
}

function known(row) {
  const place = [row.cluster || "no cluster", row.host || "no host", row.switch || "no switch known", row.portgroup || "no network"];
  const sources = { dvport: "its distributed port", standard_port: "the host's port list", guest: "VMware Tools" };
  return element("ul", {},
    element("li", {}, named(place.join(" › "))),
    element("li", { textContent: `Type of address: ${row.type}` }),
    element("li", { textContent: row.source ? `MAC in use told by ${sources[row.source] ?? row.source}, ${row.certainty}` : "No source tells the MAC in use" }),
    row.candidates.length > 0 ? element("li", {}, "One of: ", mac(row.candidates.join(", "))) : null,
    element("li", {}, "Managed object: ", mac(row.moid)));
}

function risks(row) {
  return element("ul", {}, ...row.risks.map((risk) =>
    element("li", {}, element("strong", { textContent: `${risk.risk.replaceAll("_", " ")}: ` }), risk.explanation,
      element("small", { textContent: risk.remedy }))));
}
