// Which view is shown: the address behind # says it.
import { forgetPictures } from "./api.js";
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
let left = null, turn = 0;

// Each view fills a place of its own, which is shown once it is ready; a view that was left before that is thrown away.
async function show() {
  const own = ++turn, place = element("div");
  left?.();
  left = null;
  byId("dialog").close();
  forgetPictures();
  say("");
  place.isCurrent = () => own === turn;
  const [found, view] = VIEWS.map(([pattern, shows]) => [pattern.exec(location.hash), shows]).find(([match]) => match) ?? [[], showCollections];
  try {
    const { leave, shown } = (await view(place, ...found.slice(1).map((part) => part && Number(part)))) ?? {};
    if (own !== turn) return leave?.();
    left = leave ?? null;
    byId("view").replaceChildren(place);
    if (shown) shown();
    else byId("view").focus();
  } catch (error) {
    if (own !== turn) return;
    byId("view").replaceChildren(element("p", { className: "error", role: "alert", textContent: error.message }), element("a", { href: "#/", textContent: t("collections") }));
  }
}

// What a click asked for and the server refused.
addEventListener("unhandledrejection", (event) => { event.preventDefault(); say(event.reason.message); });

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
