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
  const rows = [];
  let current = null;
  const bench = {
    language: collection.language ?? "",
    page: (line) => pages.get(line.page_id),
    picture: (line) => picture(line.page_id, SHOWN_PX),
    focused: (row) => { if (current !== row) { current?.unfocused(); current = row; } },
    changed: ({ lines: changed }) => changed.forEach((line) => rows.find((row) => row.line.id === line.id)?.show(line)),
    keys: null,
  };
  const go = (row, by) => rows[rows.indexOf(row) + by]?.field.focus();
  bench.keys = keysFor({
    done: async (row) => { go(row, 1); await row.save("done"); },
    next: (row) => go(row, 1), previous: (row) => go(row, -1), revert: (row) => row.revert(),
    alternative: (row, number) => row.alternative(number), unreadable: (row) => row.setState("unreadable"),
    characters: (row) => chooseCharacter(row, collection.characters), help: showHelp,
  });
  rows.push(...lines.map((line) => new Row(line, bench)));
  rows.forEach((row) => row.place.append(element("a", { className: "where", href: `#/page/${row.line.page_id}/line/${row.line.id}`, textContent: t("on_page", { name: pages.get(row.line.page_id).name }) })));
  list.append(...rows.map((row) => row.place));

  path([t("collections"), "#/"], [collection.name, `#/collection/${id}`], [t("next_lines", { count: COUNT })]);
  view.replaceChildren(element("section", {},
    element("p", { textContent: lines.length ? t("next_why") : t("next_none") }),
    element("div", { className: "row" },
      ...(lines.length ? [] : [button(t("read_all"), async () => { await post(`/collections/${id}/read`, {}); location.hash = `#/collection/${id}`; })]),
      button(t("more_lines"), () => showNext(view, id), { className: "quiet" }), button(t("keyboard"), showHelp, { className: "quiet" })),
    legend(), list));
  rows[0]?.field.focus();
  say("");
  const keep = () => rows.forEach((row) => row.save());
  addEventListener("pagehide", keep);
  return () => { keep(); removeEventListener("pagehide", keep); };
}
