// The lines from which a reader would learn most, of all pages, one below the other.
import { get, picture, post } from "./api.js";
import { button, element, path, say } from "./dom.js";
import { keysFor, showHelp } from "./keys.js";
import { chooseCharacter, legend } from "./page.js";
import { Row } from "./row.js";
import { t } from "./texts.js";

const COUNT = 20, SHOWN_PX = 2600;

export async function showNext(view, id) {
  const [collection, lines] = await Promise.all([get(`/collections/${id}`), get(`/collections/${id}/next?count=${COUNT}`)]);
  const pages = new Map();
  for (const page of await get(`/collections/${id}/pages`)) pages.set(page.id, page);
  const list = element("ol", { className: "lines alone", "aria-label": t("lines") });
  const rows = [], undone = [];
  let current = null;
  const bench = {
    store: collection.store,
    language: /^[a-z]{2}$/.test(collection.language ?? "") ? collection.language : "",
    model: collection.language,
    page: (line) => pages.get(line.page_id),
    picture: (line) => picture(line.page_id, SHOWN_PX),
    number: (line) => rows.findIndex((row) => row.line.id === line.id) + 1,
    focused: (row) => { if (current !== row) { current?.unfocused(); current = row; } },
    changed: took,
    keys: null,
  };

  function took(answer) {
    const changed = [...answer.lines, ...(answer.gone ?? []).map((line) => ({ id: line }))].map(({ id: line }) => line);
    const page = rows.find((row) => changed.includes(row.line.id))?.line.page_id;
    undone.push([page, answer.change]);
    for (const line of answer.lines) rows.find((row) => row.line.id === line.id)?.show(line);
    for (const row of rows) row.place.hidden = (answer.gone ?? []).includes(row.line.id) || (row.place.hidden && !changed.includes(row.line.id));
  }

  const beside = (row, by) => {
    let at = rows.indexOf(row) + by;
    while (rows[at]?.place.hidden) at += by;
    return rows[at];
  };
  const go = (row, by) => (beside(row, by) ? beside(row, by).field.focus() : more.focus());
  const failing = (deed) => (...given) => deed(...given).catch((error) => say(error.message));
  bench.keys = keysFor({
    done: (row) => {
      if (row.theirs) return row.clash.querySelector("button").focus();
      if (!row.field.value.trim()) return say(t("empty_done"));
      go(row, 1);
      row.save("done");
    },
    next: (row) => go(row, 1), previous: (row) => go(row, -1), revert: (row) => row.replace(row.before),
    alternative: (row, number) => row.alternative(number), unreadable: (row) => row.setState("unreadable"),
    remove: failing(async (row) => {
      await row.save();
      took(await post(`/pages/${row.line.page_id}/delete`, { lines: { [row.line.id]: row.line.version } }));
      go(row, 1);
    }),
    undo: failing(async () => {
      const [page, change] = undone.pop() ?? [];
      if (!change) return say(t("nothing_to_undo"));
      const answer = await post(`/pages/${page}/undo`, { change });
      took(answer);
      undone.pop();
      rows.find((row) => row.line.id === answer.lines[0]?.id)?.field.focus();
    }),
    characters: (row) => chooseCharacter(row, collection.characters), help: showHelp,
  });
  rows.push(...lines.map((line) => new Row(line, bench)));
  rows.forEach((row) => row.place.append(element("a", { className: "where", href: `#/page/${row.line.page_id}/line/${row.line.id}`, textContent: t("on_page", { name: pages.get(row.line.page_id).name }) })));
  list.append(...rows.map((row) => row.place));

  const again = async () => { await Promise.all(rows.map((row) => row.save())); dispatchEvent(new HashChangeEvent("hashchange")); };
  const more = button(t("more_lines"), again, { className: lines.length ? "" : "quiet" });
  path(view, [t("collections"), "#/"], [collection.name, `#/collection/${id}`], [t("next_lines", { count: COUNT })]);
  view.replaceChildren(element("h1", { className: "unseen", textContent: t("next_lines", { count: COUNT }) }), element("section", {},
    element("p", { textContent: lines.length ? t("next_why") : t("next_none") }),
    element("div", { className: "row" },
      ...(lines.length ? [] : [button(t("read_all"), async () => { await post(`/collections/${id}/read`, {}); location.hash = `#/collection/${id}`; })]),
      button(t("keyboard"), showHelp, { className: "quiet" })),
    legend(), list, element("div", { className: "row" }, more)));
  const keep = () => rows.forEach((row) => row.save());
  addEventListener("pagehide", keep);
  return { shown: () => (rows[0]?.field ?? more).focus(), leave: () => { keep(); removeEventListener("pagehide", keep); } };
}
