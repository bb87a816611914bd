// A page to transcribe: the picture at one side, its lines at the other, and both in step.
import { Conflict, get, picture, post } from "./api.js";
import { ask, button, element, path, say } from "./dom.js";
import { keysFor, showHelp } from "./keys.js";
import { Picture } from "./picture.js";
import { Row } from "./row.js";
import { t } from "./texts.js";

const POLL_MS = 4000, SHOWN_PX = 2600;

export async function showPage(view, id, first) {
  const page = await get(`/pages/${id}`), collection = await get(`/collections/${page.collection_id}`);
  const address = await picture(id, SHOWN_PX);
  const rows = new Map(), undone = [];
  let current = null, over = false, editing = false;

  const sheet = new Picture(page, address, {
    choose: (line) => rows.get(line)?.field.focus(),
    draw: (points) => change("add", { baseline: points, after: current?.line.id ?? page.lines.at(-1)?.id ?? null }).then((answer) => readAndFocus(answer)),
    redraw: (line, points) => change("edit", { line, version: rows.get(line).line.version, baseline: points }).then((answer) => readAgain(answer)),
  });
  const list = element("ol", { className: "lines", "aria-label": t("lines") });
  const empty = element("p", { className: "empty" });

  const bench = {
    language: collection.language ?? "",
    page: () => page,
    picture: () => Promise.resolve(address),
    focused: (row) => { if (current !== row) { current?.unfocused(); current = row; sheet.mark(row.line.id); } },
    changed: (answer) => took(answer),
    keys: null,
  };

  // Keeps what the server says of lines that were changed.
  function took(answer) {
    if (answer.change) undone.push(answer.change);
    page.lines = page.lines.filter(({ id: line }) => !answer.gone?.includes(line) && !answer.lines.some((other) => other.id === line)).concat(answer.lines);
    page.lines.sort((a, b) => a.place - b.place || a.id - b.id);
    show();
    return answer;
  }

  function show() {
    for (const [line, row] of rows) {
      if (!page.lines.some((other) => other.id === line) && !row.inConflict) { row.place.remove(); rows.delete(line); }
    }
    page.lines.forEach((line, number) => {
      const row = rows.get(line.id) ?? new Row(line, bench);
      if (rows.has(line.id)) row.show(line);
      rows.set(line.id, row);
      if (list.children[number] !== row.place) list.insertBefore(row.place, list.children[number] ?? null);
    });
    sheet.show(page.lines);
    if (current) sheet.mark(current.line.id);
    empty.textContent = page.lines.length ? "" : page.note || (page.is_searched ? t("no_lines") : t("page_not_read"));
    empty.hidden = page.lines.length > 0;
  }

  async function change(kind, wish) {
    try {
      return took(await post(`/pages/${id}/${kind}`, wish));
    } catch (error) {
      say(error.message);
      if (error instanceof Conflict) await refresh();
      throw error;
    }
  }

  async function refresh() {
    const now = await get(`/pages/${id}`);
    if (over || JSON.stringify(now.lines) === JSON.stringify(page.lines)) return;
    Object.assign(page, { lines: now.lines, is_searched: now.is_searched, note: now.note });
    show();
  }

  async function readAgain({ lines }) {
    const found = await post(`/pages/${id}/read`, { lines: lines.map((line) => line.id) });
    took({ lines: found.lines.filter((line) => lines.some((other) => other.id === line.id)) });
  }

  async function readAndFocus(answer) {
    await readAgain(answer);
    rows.get(answer.lines[0].id)?.field.focus();
  }

  const after = (row, by) => [...list.children][[...list.children].indexOf(row.place) + by];
  const rowAt = (place) => (place ? rows.get(Number(place.dataset.line)) : null);
  const go = (row, by) => rowAt(after(row, by))?.field.focus();

  const deeds = {
    done: async (row) => { go(row, 1); await row.save(row.line.state === "done" && !row.isDirty ? null : "done"); },
    next: (row) => go(row, 1),
    previous: (row) => go(row, -1),
    revert: (row) => row.revert(),
    alternative: (row, number) => row.alternative(number),
    unreadable: (row) => row.setState("unreadable"),
    split: async (row) => {
      const character = row.field.selectionStart, length = row.field.value.length;
      if (!character || character >= length) return say(t("split_where"));
      await row.save();
      const answer = await change("split", { line: row.line.id, version: row.line.version, at: character / length, character });
      await readAgain(answer);
    },
    join: async (row) => {
      const other = rowAt(after(row, 1));
      if (!other) return;
      await Promise.all([row.save(), other.save()]);
      const answer = await change("join", { lines: { [row.line.id]: row.line.version, [other.line.id]: other.line.version } });
      await readAgain(answer);
      row.field.focus();
    },
    add: async (row) => {
      const step = 2.6 * row.line.x_height;
      await readAndFocus(await change("add", { baseline: row.line.baseline.map(([x, y]) => [x, y + step]), after: row.line.id }));
    },
    remove: async (row) => {
      const neighbour = rowAt(after(row, 1)) ?? rowAt(after(row, -1));
      await row.save();
      await change("delete", { lines: { [row.line.id]: row.line.version } });
      neighbour?.field.focus();
    },
    earlier: (row) => move(row, -2),
    later: (row) => move(row, 1),
    read: async (row) => { await row.save(); await readAgain({ lines: [row.line] }); },
    undo: async (row) => {
      await row?.save();
      const last = undone.pop();
      if (!last) return say(t("nothing_to_undo"));
      const answer = await change("undo", { change: last });
      undone.pop();  // what takes back is not taken back again
      say(t("undone"));
      (rows.get(row?.line.id) ?? rows.get(answer.lines[0]?.id))?.field.focus();
    },
    characters: (row) => chooseCharacter(row, collection.characters),
    help: showHelp,
  };
  bench.keys = keysFor(deeds);

  async function move(row, by) {
    const at = [...list.children].indexOf(row.place) + by;
    if (at >= list.children.length) return;
    await row.save();
    await change("move", { line: row.line.id, version: row.line.version, after: rowAt(list.children[at])?.line.id ?? null });
    row.field.focus();
  }

  async function readPage() {
    say(t("working"));
    const found = await post(`/pages/${id}/read`, { find: !page.lines.length });
    Object.assign(page, { lines: found.lines, is_searched: found.is_searched, note: found.note });
    show();
    say(t("lines_found", { count: page.lines.length }));
  }

  const bound = (deed) => () => (current ? deeds[deed](current) : say(t("choose_line")));
  const editor = button(t("edit_baseline"), () => { editing = !editing; editor.setAttribute("aria-pressed", editing); sheet.edit(editing); }, { className: "quiet toggle", "aria-pressed": "false" });
  const turn = (name, page_id) => element("a", { className: "button quiet", textContent: t(name), ...(page_id ? { href: `#/page/${page_id}` } : { "aria-disabled": "true" }) });

  path([t("collections"), "#/"], [collection.name, `#/collection/${collection.id}`], [page.count > 1 ? `${page.name} (${page.number + 1})` : page.name]);
  view.replaceChildren(
    element("div", { className: "desk" },
      element("section", { className: "left", "aria-label": t("the_page") },
        element("div", { className: "row tools" },
          turn("page_before", page.before), turn("page_behind", page.behind),
          button("+", () => sheet.zoom(1.25), { className: "quiet", "aria-label": t("zoom_in") }), button("−", () => sheet.zoom(0.8), { className: "quiet", "aria-label": t("zoom_out") }),
          button(t("fit_page"), () => sheet.fit(), { className: "quiet" }), button(t("fit_line"), () => sheet.fitLine(), { className: "quiet" }),
          button(t("draw_line"), () => { say(t("draw_how")); sheet.startDrawing(); }, { className: "quiet" }), editor),
        sheet.place),
      element("section", { className: "right", "aria-label": t("lines") },
        element("div", { className: "row tools" },
          button(t("read_page"), readPage), ...["split", "join", "remove", "undo"].map((deed) => button(t(`key_${deed}`), bound(deed), { className: "quiet" })),
          button(t("characters"), bound("characters"), { className: "quiet" }), button(t("keyboard"), showHelp, { className: "quiet" })),
        legend(), empty, list)));
  show();
  (rows.get(first) ?? rowAt(list.children[0]))?.field.focus({ preventScroll: !first });

  async function poll() {
    if (over) return;
    if (!document.hidden) await refresh().catch(() => say(t("server_gone")));
    setTimeout(poll, POLL_MS);
  }
  setTimeout(poll, POLL_MS);
  const keep = () => rows.forEach((row) => row.save());
  addEventListener("pagehide", keep);
  return () => { over = true; keep(); removeEventListener("pagehide", keep); };
}

export function legend() {
  return element("p", { className: "legend" }, ...["unsure", "doubtful", "unusual", "done", "unreadable"].map((key) => element("span", { className: key, textContent: t(`legend_${key}`) })));
}

export async function chooseCharacter(row, characters) {
  let chosen = null;
  const at = row.field.selectionStart;
  const choices = [...characters].map((character) => element("button", { type: "submit", className: "quiet character", textContent: character, onclick: () => { chosen = character; } }));
  await ask(t("characters"), [element("div", { className: "characters" }, ...choices)], null, () => true);
  if (!chosen) return;
  row.field.setSelectionRange(at, at);
  row.insert(chosen);
}
