// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Unpacks the data in the order in which page.py packs them, and starts.

function unpack(packed, estate, number) {
  const word = (index) => estate.words[index];
  const [vm, vnic, cluster, host, on, portgroup] = packed.slice(0, 6).map(word);
  const [state, moid, configured, runtime, type, rules, story] = packed.slice(6);
  const row = { number, vm, vnic, cluster, host, switch: on, portgroup, state, moid, configured, type };
  row.runtime = runtime === 0 ? configured : runtime;
  row.urgency = Object.keys(estate.states).indexOf(state);
  row.policy = [];
  for (let at = 0; at < rules.length; at += 3) row.policy.push({ flag: word(rules[at]), value: word(rules[at + 1]), source: word(rules[at + 2]) });
  return story ? { ...row, ...unpackStory(story, word, row) } : row;
}

function unpackStory(story, word, row) {
  const [explanation, remedy, risks, events, commands, candidates, rejectedOn, certainty, source] = story;
  const told = {
    explanation: word(explanation),
    remedy: word(remedy),
    risks: risks.map(([risk, what, todo]) => ({ risk: word(risk), explanation: word(what), remedy: word(todo) })),
    events: events.map(([time, kind, user, message, macs]) => ({ time, kind, user, message, macs })),
    commands: commands.map(([when, command]) => ({ when: word(when), command })),
    candidates, rejectedOn, certainty, source,
  };
  const said = [row.vm, row.vnic, row.cluster, row.host, row.switch, row.portgroup, row.configured, row.runtime, row.moid,
    told.explanation, ...told.risks.map((risk) => `${risk.risk} ${risk.explanation}`), ...told.events.map((event) => `${event.kind} ${event.user}`)];
  told.text = said.join("\n").toLowerCase();
  return told;
}

const estate = JSON.parse(document.getElementById("data").textContent);
estate.rows = estate.rows.map((packed, number) => unpack(packed, estate, number));
findingsTable(document.getElementById("findings-app"), document.getElementById("tiles"), estate);
estateMap(document.getElementById("map-app"), estate);
document.getElementById("map-section").hidden = false;
