// A page to transcribe: the picture at one side, its lines at the other, and both in step.
import { Conflict, get, picture, post, send } from "./api.js";
import { ask, button, element, path, say } from "./dom.js";
import { dropDraft, orphans } from "./drafts.js";
import { keysFor, showHelp } from "./keys.js";
import { Picture } from "./picture.js";
import { Row } from "./row.js";
import { t } from "./texts.js";

const POLL_MS = 4000, SHOWN_PX = 2600, SPACING = 2.6;  // x-heights from a line to the one that is added below it

export async function showPage(view, id, first) {
  const page = await get(`/pages/${id}`), collection = await get(`/collections/${page.collection_id}`);
  const address = await picture(id, SHOWN_PX);
  const rows = new Map(), undone = [];
  let current = null, over = false, editing = false, busy = Promise.resolve();

  const sheet = new Picture(page, address, {
    choose: (line) => rows.get(line)?.field.focus(),
    draw: (points) => drawing(false) || points.length < 2 || inTurn(async () => readAndFocus(await change("add", { baseline: points, after: lineAbove(page.lines, points) }))),
    redraw: (line, points) => inTurn(async () => readAgain(await change("edit", { line, version: rows.get(line).line.version, baseline: points }))),
  });
  const list = element("ol", { className: "lines", "aria-label": t("lines") });
  const empty = element("p", { className: "empty" });
  const bench = {
    store: collection.store,
    language: /^[a-z]{2}$/.test(collection.language ?? "") ? collection.language : "",
    model: collection.language,
    page: () => page,
    picture: () => Promise.resolve(address),
    number: (line) => page.lines.findIndex((other) => other.id === line.id) + 1,
    focused: (row) => { if (current !== row) { current?.unfocused(); current = row; sheet.mark(row.line.id); } },
    changed: (answer) => took(answer),
    keys: null,
  };

  // What was done last comes first; one thing after the other, so that none is refused for another that is on its way.
  const inTurn = (deed) => (busy = busy.then(deed).catch((error) => { if (error.message) say(error.message); }));

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
      if (page.lines.some((other) => other.id === line)) continue;
      if (row.isBusy) row.conflict({ ...row.line, is_deleted: true });
      else { row.place.remove(); rows.delete(line); }
    }
    page.lines.forEach((line, number) => {
      const row = rows.get(line.id) ?? new Row(line, bench);
      if (rows.has(line.id)) row.show(line);
      rows.set(line.id, row);
      if (list.children[number] !== row.place) list.insertBefore(row.place, list.children[number] ?? null);
    });
    sheet.show(page.lines);
    if (current && rows.has(current.line.id)) sheet.mark(current.line.id);
    empty.textContent = page.lines.length ? "" : page.note || (page.is_searched ? t("no_lines") : t("page_not_read"));
    empty.hidden = page.lines.length > 0;
  }

  async function change(kind, wish) {
    try {
      return took(await post(`/pages/${id}/${kind}`, wish));
    } catch (error) {
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
  const go = (row, by) => (rowAt(after(row, by)) ? rowAt(after(row, by)).field.focus() : say(t("last_line")));
  const firstOpen = () => rowAt([...list.children].find((place) => rowAt(place)?.line.state === "open")) ?? rowAt(list.children[0]);

  // Saved first: what is on its way to the server would be refused otherwise.
  const saved = async (...own) => {
    if (!(await Promise.all(own.map((row) => row.save()))).every(Boolean)) throw new Error(t("not_saved"));
  };
  const seen = (...own) => Object.fromEntries(own.map((row) => [row.line.id, row.line.version]));

  const deeds = {
    done: (row) => {
      if (row.theirs) return row.clash.querySelector("button").focus();
      if (!row.field.value.trim()) return say(t("empty_done"));
      go(row, 1);
      row.save("done");
    },
    next: (row) => go(row, 1),
    previous: (row) => go(row, -1),
    page_behind: () => { if (page.behind) location.hash = `#/page/${page.behind}`; },
    page_before: () => { if (page.before) location.hash = `#/page/${page.before}`; },
    revert: (row) => row.replace(row.before),
    alternative: (row, number) => row.alternative(number),
    unreadable: (row) => row.setState("unreadable"),
    split: (row) => {
      const { value, selectionStart } = row.field, character = [...value.slice(0, selectionStart)].length, length = [...value].length;
      if (!character || character >= length) return say(t("split_where"));
      inTurn(async () => {
        await saved(row);
        await readAgain(await change("split", { line: row.line.id, version: row.line.version, at: character / length, character }));
      });
    },
    join: (row) => inTurn(async () => {
      const other = rowAt(after(row, 1));
      if (!other) return;
      await saved(row, other);
      await readAndFocus(await change("join", { lines: seen(row, other) }));
    }),
    add: (row) => inTurn(async () => {
      await saved(row);
      const step = SPACING * row.line.x_height;
      await readAndFocus(await change("add", { baseline: row.line.baseline.map(([x, y]) => [x, y + step]), after: row.line.id }));
    }),
    remove: (row) => inTurn(async () => {
      if (!rows.has(row.line.id)) return;
      const neighbour = rowAt(after(row, 1)) ?? rowAt(after(row, -1));
      await saved(row);
      await change("delete", { lines: seen(row) });
      neighbour?.field.focus();
    }),
    earlier: (row) => move(row, -2),
    later: (row) => move(row, 1),
    read: (row) => inTurn(async () => { await saved(row); await readAgain({ lines: [row.line] }); }),
    undo: () => inTurn(async () => {
      if (current && rows.has(current.line.id)) await saved(current);
      const last = undone.at(-1) ?? (await lastChange(id));
      if (!last) return say(t("nothing_to_undo"));
      const answer = await change("undo", { change: last });
      undone.pop();  // the undoing itself
      undone.pop();
      say(t("undone"));
      rows.get(answer.lines[0]?.id)?.field.focus();
    }),
    versions: (row) => showVersions(id, row),
    characters: (row) => chooseCharacter(row, collection.characters),
    help: showHelp,
  };
  bench.keys = keysFor(deeds);

  function move(row, by) {
    inTurn(async () => {
      const at = [...list.children].indexOf(row.place) + by;
      if (at >= list.children.length || at < -1) return;
      await saved(row);
      await change("move", { line: row.line.id, version: row.line.version, after: rowAt(list.children[at])?.line.id ?? null });
      row.field.focus();
    });
  }

  const readPage = (find) => inTurn(async () => {
    say(t("working"));
    const found = await post(`/pages/${id}/read`, { find });
    Object.assign(page, { lines: found.lines, is_searched: found.is_searched, note: found.note });
    show();
    say(t("lines_found", { count: page.lines.length }));
    firstOpen()?.field.focus();
  });

  async function removePage() {
    const sure = await ask(t("delete_sure", { name: page.name }), [element("p", { textContent: t("delete_what", { pages: 1, lines: page.lines.length }) })], t("delete"));
    if (!sure) return;
    await send("DELETE", `/pages/${id}`);
    location.hash = page.behind ?? page.before ? `#/page/${page.behind ?? page.before}` : `#/collection/${collection.id}`;
  }

  function drawing(on) {
    draw.setAttribute("aria-pressed", on);
    if (on) { say(t("draw_how"), true); sheet.startDrawing(); }
    else say("");
    return null;
  }

  const bound = (deed) => () => (current && rows.has(current.line.id) ? deeds[deed](current) : say(t("choose_line")));
  const quiet = { className: "quiet" }, toggle = { className: "quiet toggle", "aria-pressed": "false" };
  const draw = button(t("draw_line"), () => (draw.getAttribute("aria-pressed") === "true" ? sheet.endDrawing() : drawing(true)), toggle);
  const editor = button(t("edit_baseline"), () => { editing = !editing; editor.setAttribute("aria-pressed", editing); sheet.edit(editing); }, toggle);
  const turn = (name, page_id) => element("a", { className: "button quiet", textContent: t(name), ...(page_id ? { href: `#/page/${page_id}` } : { "aria-disabled": "true" }) });
  const name = page.count > 1 ? `${page.name} (${page.number + 1})` : page.name;

  path(view, [t("collections"), "#/"], [collection.name, `#/collection/${collection.id}`], [name]);
  view.replaceChildren(
    element("h1", { className: "unseen", textContent: name }),
    element("div", { className: "desk" },
      element("section", { className: "left", "aria-label": t("the_page") },
        element("div", { className: "row tools" },
          turn("page_before", page.before), turn("page_behind", page.behind),
          button("+", () => sheet.zoom(1.25), { ...quiet, "aria-label": t("zoom_in") }), button("−", () => sheet.zoom(0.8), { ...quiet, "aria-label": t("zoom_out") }),
          button(t("fit_page"), () => sheet.fit(), quiet), button(t("fit_line"), () => sheet.fitLine(), quiet),
          draw, editor, button(t("delete_page"), removePage, quiet)),
        sheet.place),
      element("section", { className: "right", "aria-label": t("lines") },
        element("div", { className: "row tools upper" },
          button(t("read_page"), () => readPage(!page.lines.length)), ...["split", "join", "remove", "undo", "versions", "characters"].map((deed) => button(t(`key_${deed}`), bound(deed), quiet)),
          button(t("all_done"), () => inTurn(() => change("finish", {})), quiet), button(t("keyboard"), showHelp, quiet)),
        legend(), empty, lost(collection.store, page), list)));
  show();

  async function poll() {
    if (over) return;
    if (!document.hidden) await refresh().catch((error) => say(error instanceof TypeError ? t("server_gone") : error.message));
    setTimeout(poll, POLL_MS);
  }
  setTimeout(poll, POLL_MS);
  const keep = () => rows.forEach((row) => row.save());
  addEventListener("pagehide", keep);
  return {
    shown: () => (rows.get(first) ?? firstOpen())?.field.focus({ preventScroll: !first }),
    leave: () => { over = true; keep(); removeEventListener("pagehide", keep); },
  };
}

// The line after which a drawn one is read: the lowest of those that lie above it.
function lineAbove(lines, points) {
  const height = (drawn) => drawn.reduce((sum, [, y]) => sum + y, 0) / drawn.length, left = Math.min(...points.map(([x]) => x)), right = Math.max(...points.map(([x]) => x));
  const above = lines.filter(({ baseline }) => height(baseline) < height(points) && baseline[0][0] < right && baseline.at(-1)[0] > left);
  return above.sort((a, b) => height(b.baseline) - height(a.baseline))[0]?.id ?? null;
}

// The last change of a page that nobody has taken back.
async function lastChange(id) {
  const changes = await get(`/pages/${id}/changes`), back = new Set(changes.map(({ undoes }) => undoes));
  return changes.find((made) => made.undoes === null && !back.has(made.id))?.id;
}

// The texts that a line had before, the last first; one of them can be taken.
async function showVersions(id, row) {
  const key = String(row.line.id), changes = (await get(`/pages/${id}/changes`)).filter(({ before }) => before[key]?.text !== undefined);
  let chosen = null;
  const versions = changes.map(({ before, made }) => element("li", {},
    element("button", { type: "submit", className: "quiet alternative", textContent: before[key].text || "—", onclick: () => { chosen = before[key].text; } }), ` ${new Date(made).toLocaleString()}`));
  await ask(t("key_versions"), [versions.length ? element("ol", { className: "versions" }, ...versions) : element("p", { textContent: t("no_versions") })], null);
  if (chosen !== null) row.replace(chosen);
}

// What was typed into lines that are gone.
function lost(store, page) {
  const found = orphans(store, page.id, page.lines.map(({ id }) => id));
  if (!found.length) return null;
  const place = element("div", { className: "clash" }, element("p", { textContent: t("line_gone") }), element("ul", {}, ...found.map(([, text]) => element("li", { textContent: text }))),
    button(t("close"), () => { found.forEach(([line]) => dropDraft(store, line)); place.remove(); }, { className: "quiet" }));
  return place;
}

export function legend() {
  return element("p", { className: "legend" }, ...["unsure", "doubtful", "unusual", "done", "unreadable"].map((key) => element("span", { className: key, textContent: t(`legend_${key}`) })));
}

export async function chooseCharacter(row, characters) {
  let chosen = null;
  const at = row.field.selectionStart;
  const choices = [...characters].map((character) => element("button", { type: "submit", className: "quiet character", textContent: character, onclick: () => { chosen = character; } }));
  await ask(t("characters"), [element("div", { className: "characters" }, ...choices)], null);
  if (!chosen) return;
  row.field.setSelectionRange(at, at);
  row.insert(chosen);
}
