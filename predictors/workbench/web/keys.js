// What the keyboard does in the text of a line; `deeds` are the view's, by name.
import { ask, element } from "./dom.js";
import { t } from "./texts.js";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);  // there Option writes letters, so Control is held too
const WITH_ALT = {
  u: "unreadable", s: "split", j: "join", n: "add", r: "read", z: "undo", c: "characters", v: "versions", h: "help",
  Delete: "remove", ArrowUp: "earlier", ArrowDown: "later", PageUp: "page_before", PageDown: "page_behind",
};
const HELP = [
  ["Enter", "key_done"], ["↑ ↓", "key_other_line"], ["Alt+1 … 9", "key_alternative"], ["Escape", "key_revert"], ["Alt+U", "unreadable"],
  ["Alt+S", "key_split"], ["Alt+J", "key_join"], ["Alt+N", "key_add"], ["Alt+Delete", "key_remove"], ["Alt+↑ ↓", "key_move"], ["Alt+PageUp, PageDown", "key_page"],
  ["Alt+R", "key_read"], ["Alt+Z", "key_undo"], ["Alt+V", "key_versions"], ["Alt+C", "key_characters"],
];

export function keysFor(deeds) {
  return (event, row) => {
    const deed = deedOf(event);
    if (!deed || !deeds[deed.name]) return;
    if (event.key.startsWith("Arrow") && !event.altKey && isTall(row.field)) return leaveAtTheRim(row, deeds[deed.name]);
    event.preventDefault();
    deeds[deed.name](row, deed.number);
  };
}

const isTall = (field) => field.scrollHeight > 2 * parseFloat(getComputedStyle(field).lineHeight || 24);

// In a text of several rows the arrows move within it, and out of it where they cannot move any more.
function leaveAtTheRim(row, leave) {
  const before = row.field.selectionStart;
  setTimeout(() => { if (row.field.selectionStart === before) leave(row); }, 0);
}

function deedOf(event) {
  if (event.metaKey || event.ctrlKey !== (MAC && event.altKey)) return null;
  if (event.altKey) {
    const digit = /^Digit([1-9])$/.exec(event.code), letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();
    if (digit) return { name: "alternative", number: Number(digit[1]) };
    const name = WITH_ALT[event.key] ?? WITH_ALT[letter];  // the letter that is written on the key, whatever the keyboard
    return name ? { name } : null;
  }
  const name = { Enter: "done", ArrowDown: "next", ArrowUp: "previous", Escape: "revert" }[event.key];
  return name && !event.isComposing ? { name } : null;
}

export function showHelp() {
  return ask(t("keyboard"), [element("table", { className: "help" }, ...HELP.map(([keys, deed]) => element("tr", {}, element("th", { textContent: MAC ? keys.replace("Alt+", "Ctrl+⌥+") : keys, scope: "row" }), element("td", { textContent: t(deed) }))))]);
}
