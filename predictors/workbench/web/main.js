// Which view is shown: the address behind # says it.
import { byId, element, say } from "./dom.js";
import { LANGUAGES, chooseLanguage, current, loadTexts, t } from "./texts.js";
import { showCollections } from "./collections.js";
import { showCollection } from "./collection.js";
import { showNext } from "./next.js";
import { showPage } from "./page.js";

const VIEWS = [
  [/^#\/collection\/(\d+)$/, showCollection],
  [/^#\/collection\/(\d+)\/next$/, showNext],
  [/^#\/page\/(\d+)(?:\/line\/(\d+))?$/, showPage],
];
let leave = null, turn = 0;

async function show() {
  const own = ++turn;
  leave?.();
  leave = null;
  say("");
  const [found, view] = VIEWS.map(([pattern, show]) => [pattern.exec(location.hash), show]).find(([match]) => match) ?? [[], showCollections];
  try {
    const left = await view(byId("view"), ...found.slice(1).map((part) => part && Number(part)));
    if (own === turn) leave = left ?? null;
    else left?.();
  } catch (error) {
    byId("view").replaceChildren(element("p", { className: "error", role: "alert", textContent: error.message }), element("a", { href: "#/", textContent: t("collections") }));
  }
}

async function start() {
  await loadTexts();
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = t(place.dataset.text);
  byId("language").append(...Object.entries(LANGUAGES).map(([code, name]) => element("option", { value: code, textContent: name, selected: code === current() })));
  byId("language").addEventListener("change", (event) => chooseLanguage(event.target.value));
  addEventListener("hashchange", show);
  document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byId("view").focus(); });
  await show();
}

start();
