// Copyright (c) 2026, macguard.vsphere contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// The scripts stand in the page one after the other, as one module. This one makes elements. Text is only ever set as
// text, so that no name can become markup.

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// A name out of vSphere: its direction of writing must not turn round what stands beside it.
const named = (text) => element("bdi", { textContent: text });
const mac = (text, className) => element("code", { textContent: text ?? "–", className });
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

function say(text) {
  document.getElementById("status").textContent = text;
}

// Pages out of a mail attachment may not be allowed to use the clipboard: then the old way is left.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element("textarea", { value: text, className: "hidden" });
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

function copyButton(label, what, text, className) {
  const button = element("button", { type: "button", className, textContent: label, "aria-label": `${label}: ${what}` });
  button.addEventListener("click", async () => {
    const done = await copy(text);
    button.focus();
    button.textContent = done ? "Copied" : "Press Ctrl-C";
    say(done ? `Copied: ${what}` : "The browser doesn't let this page copy.");
    setTimeout(() => { button.textContent = label; }, 2000);
  });
  return button;
}
