// The first view: all collections, or how to begin.
import { get, post, send } from "./api.js";
import { ask, button, element, meter, path, say } from "./dom.js";
import { t } from "./texts.js";

export async function showCollections(view) {
  const found = await get("/collections");
  path(view, [t("collections")]);
  view.replaceChildren(
    element("section", { className: "welcome" },
      element("h1", { textContent: t("collections") }),
      ...(found.length ? [] : [element("p", { textContent: t("empty_archive") }), element("ol", {}, ...["first", "second", "third", "fourth"].map((step) => element("li", { textContent: t(`${step}_step`) })))]),
      element("div", { className: "row" },
        button(t("new_collection"), make),
        button(t("try_examples"), tryExamples, { className: found.length ? "quiet" : "" }))),
    element("ul", { className: "cards" }, ...found.map((collection) => card(view, collection))));
}

function card(view, collection) {
  const done = collection.done + collection.unreadable;
  return element("li", { className: "card" },
    element("a", { href: `#/collection/${collection.id}` }, element("h2", { textContent: collection.name })),
    element("p", { textContent: t("pages_lines", { pages: collection.pages, lines: collection.lines, done }) }),
    meter(done, collection.lines, t("lines_done", { done, lines: collection.lines })),
    element("div", { className: "row" }, button(t("delete"), () => remove(view, collection), { className: "quiet", "aria-label": `${t("delete")}: ${collection.name}` })));
}

async function make() {
  const name = element("input", { required: true, maxLength: 120, pattern: ".*\\S.*", autofocus: true });
  const wished = await ask(t("new_collection"), [element("label", {}, t("name"), " ", name)], t("make"), () => name.value);
  if (!wished) return;
  const made = await post("/collections", { name: wished });
  location.hash = `#/collection/${made.id}`;
}

async function tryExamples(event) {
  event.target.disabled = true;
  say(t("working"));
  const made = await post("/examples", { name: t("examples") });
  location.hash = `#/collection/${made.id}`;
}

async function remove(view, collection) {
  const sure = await ask(t("delete_sure", { name: collection.name }), [element("p", { textContent: t("delete_what", { pages: collection.pages, lines: collection.lines }) })], t("delete"));
  if (!sure) return;
  await send("DELETE", `/collections/${collection.id}`);
  await showCollections(view);
}
