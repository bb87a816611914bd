// Elements, messages, questions. Whatever comes from people or pictures is put in as text, never as HTML.
import { t } from "./texts.js";

const SAID_MS = 8000;
const SVG = "http://www.w3.org/2000/svg";

function fill(made, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !(made instanceof SVGElement) && name !== "list") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const element = (tag, properties = {}, ...children) => fill(document.createElement(tag), properties, children);
export const drawn = (tag, properties = {}, ...children) => fill(document.createElementNS(SVG, tag), properties, children);
export const byId = (id) => document.getElementById(id);

export function button(text, onclick, properties = {}) {
  return element("button", { type: "button", textContent: text, onclick, ...properties });
}

let fading = null;

// Says something for a while, or until something else is said.
export function say(text, stays = false) {
  byId("status").textContent = text;
  clearTimeout(fading);
  if (text && !stays) fading = setTimeout(() => say(""), SAID_MS);
}

// Says where a view is; one that was left meanwhile says nothing.
export function path(view, ...places) {
  if (!view.isCurrent()) return;
  const parts = places.flatMap(([text, address], number) => [
    number ? " › " : "",
    address ? element("a", { href: address, textContent: text }) : element("b", { textContent: text }),
  ]);
  byId("path").replaceChildren(...parts);
  document.title = `${places.at(-1)[0]} – Palimpsest`;
}

// A question in a dialog; the answer is what `collect` makes of it, or null.
export function ask(title, content, accept, collect = () => true) {
  const dialog = byId("dialog");
  return new Promise((resolve) => {
    let answer = null;
    const form = element("form", { method: "dialog", onsubmit: () => { answer = collect(); } },
      element("h2", { id: "dialog-title", textContent: title }), ...content,
      element("div", { className: "row" },
        ...(accept ? [element("button", { type: "submit", textContent: accept })] : []),
        button(accept ? t("cancel") : t("close"), () => dialog.close(), { className: "quiet" })));
    dialog.replaceChildren(form);
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
  });
}

export function meter(done, total, label) {
  return element("progress", { value: done, max: Math.max(1, total), "aria-label": label, title: label });
}

export function moveMeter(bar, done, total, label) {
  bar.value = done;
  bar.max = Math.max(1, total);
  bar.title = label;
  bar.setAttribute("aria-label", label);
}

export const percent = (share) => `${(100 * share).toFixed(1)} %`;
