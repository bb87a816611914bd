// What the keyboard does in the text of a line; `deeds` are the view's, by name.
import { ask, element } from "./dom.js";
import { t } from "./texts.js";

const WITH_ALT = {
  KeyU: "unreadable", KeyS: "split", KeyJ: "join", KeyN: "add", KeyR: "read", KeyZ: "undo", KeyC: "characters", KeyH: "help",
  Delete: "remove", Backspace: "remove", ArrowUp: "earlier", ArrowDown: "later",
};
const HELP = [
  ["Enter", "key_done"], ["↑ ↓", "key_other_line"], ["Alt+1 … 9", "key_alternative"], ["Escape", "key_revert"], ["Alt+U", "unreadable"],
  ["Alt+S", "key_split"], ["Alt+J", "key_join"], ["Alt+N", "key_add"], ["Alt+Delete", "key_remove"], ["Alt+↑ ↓", "key_move"],
  ["Alt+R", "key_read"], ["Alt+Z", "key_undo"], ["Alt+C", "key_characters"],
];

export function keysFor(deeds) {
  return (event, row) => {
    const deed = deedOf(event);
    if (!deed || !deeds[deed.name]) return;
    event.preventDefault();
    deeds[deed.name](row, deed.number);
  };
}

function deedOf(event) {
  if (event.ctrlKey || event.metaKey) return null;
  if (event.altKey) {
    const digit = /^Digit([1-9])$/.exec(event.code);
    if (digit) return { name: "alternative", number: Number(digit[1]) };
    return WITH_ALT[event.code] ? { name: WITH_ALT[event.code] } : null;
  }
  const name = { Enter: "done", ArrowDown: "next", ArrowUp: "previous", Escape: "revert" }[event.key];
  return name && !event.isComposing ? { name } : null;
}

export function showHelp() {
  return ask(t("keyboard"), [element("table", { className: "help" }, ...HELP.map(([keys, deed]) => element("tr", {}, element("th", { textContent: keys, scope: "row" }), element("td", { textContent: t(deed) }))))]);
}
