// A collection: its pages, what comes in and goes out, what is read and learned.
import { get, picture, post, save, send, upload } from "./api.js";
import { ask, button, element, meter, moveMeter, path, say } from "./dom.js";
import { learning } from "./learn.js";
import { t } from "./texts.js";

const POLL_MS = 1000, NEXT = 20;
const FORMATS = ["page", "alto", "txt", "pdf", "tsv", "training"];
const ACCEPTED = "image/*,.tif,.tiff,.jp2,.pdf,.xml,.tsv,.zip";

export async function showCollection(view, id) {
  const state = { id, collection: null, jobs: [], timer: null };
  const list = element("ul", { className: "pages", "aria-label": t("pages") });
  const work = element("section", { "aria-label": t("at_work"), className: "work" });
  const title = element("h1", { className: "unseen" }), counts = element("p"), progress = meter(0, 1, "");
  const seen = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
    seen.unobserve(target);
    picture(target.dataset.page, 240).then((address) => { target.src = address; }, () => target.classList.add("broken"));
  }), { rootMargin: "300px" });

  async function refresh() {
    const [collection, pages] = await Promise.all([get(`/collections/${id}`), get(`/collections/${id}/pages`)]);
    state.collection = collection;
    path(view, [t("collections"), "#/"], [collection.name]);
    title.textContent = collection.name;
    const done = collection.done + collection.unreadable;
    counts.textContent = `${t("pages_lines", { pages: collection.pages, lines: collection.lines, done })} · ${t("reader")}: ${readerName(collection.reader)}`;
    take.place.classList.toggle("small", pages.length > 0);
    moveMeter(progress, done, collection.lines, t("lines_done", { done, lines: collection.lines }));
    showPages(list, pages, seen);
    learn.update(collection);
  }

  // Looks at what is at work, now and then every second.
  async function look() {
    clearTimeout(state.timer);
    try {
      const jobs = await get(`/collections/${id}/jobs`);
      if (!view.isCurrent()) return;
      if (JSON.stringify(jobs) !== JSON.stringify(state.jobs)) {
        state.jobs = jobs;
        showJobs(work, jobs);
        learn.show(jobs);
        await refresh();
      }
    } catch (error) {
      say(error instanceof TypeError ? t("server_gone") : error.message);
    }
    clearTimeout(state.timer);
    if (view.isCurrent()) state.timer = setTimeout(look, POLL_MS);
  }

  const learn = learning(id, look);
  const take = importer(id, refresh);
  view.replaceChildren(
    element("section", { className: "head" }, title, counts, progress,
      element("div", { className: "row" },
        button(t("read_all"), () => readAll(state, look)),
        element("a", { className: "button", href: `#/collection/${id}/next`, textContent: t("next_lines", { count: NEXT }) }),
        button(t("how_to_read"), () => settings(state, refresh), { className: "quiet" }),
        button(t("export"), () => exportAll(state), { className: "quiet" }),
        button(t("sort"), async () => { await post(`/collections/${id}/sort`); await refresh(); }, { className: "quiet" }))),
    take.place, work, learn.place, list);
  await refresh();
  look();
  return { leave: () => { clearTimeout(state.timer); seen.disconnect(); } };
}

function showPages(list, pages, seen) {
  if (!pages.length) return list.replaceChildren(element("li", { className: "empty", textContent: t("no_pages") }));
  const known = new Map([...list.children].map((card) => [card.dataset.page, card]));
  pages.forEach((page, number) => {
    const card = known.get(String(page.id)) ?? pageCard(page, seen);
    const done = page.done + page.unreadable;
    known.delete(String(page.id));
    card.querySelector(".state").textContent = page.note || (page.is_searched ? t("lines_done", { done, lines: page.lines }) : t("not_read"));
    card.classList.toggle("finished", page.lines > 0 && done === page.lines);
    card.classList.toggle("faulty", Boolean(page.note));
    if (list.children[number] !== card) list.insertBefore(card, list.children[number] ?? null);
  });
  for (const card of known.values()) card.remove();
}

function pageCard(page, seen) {
  const image = element("img", { alt: "", width: 120, height: Math.round((120 * page.height) / page.width) });
  image.dataset.page = page.id;
  seen.observe(image);
  const name = page.count > 1 ? `${page.name} (${page.number + 1})` : page.name;
  const card = element("li", {}, element("a", { href: `#/page/${page.id}` }, image, element("span", { className: "name", textContent: name }), element("span", { className: "state" })));
  card.dataset.page = page.id;
  return card;
}

function importer(id, refresh) {
  const notes = element("ul", { className: "notes" });
  const bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": t("importing") });
  const input = element("input", { id: "files", className: "hidden-input", type: "file", multiple: true, accept: ACCEPTED, onchange: () => takeAll([...input.files]) });
  const place = element("section", { className: "drop", "aria-label": t("import") },
    element("p", { textContent: t("drop_here") }), element("label", { className: "button", for: "files", textContent: t("choose_files") }), input, bar, notes);
  place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => { event.preventDefault(); place.classList.remove("over"); takeAll([...event.dataTransfer.files]); });

  const warn = (event) => event.preventDefault();  // what is not sent yet would stay out
  const kind = ({ name }) => (/\.xml$/i.test(name) ? 1 : /\.tsv$/i.test(name) ? 2 : 0);

  // Pictures first, then what describes them; one after the other, so that nothing waits in memory.
  async function takeAll(files) {
    files.sort((a, b) => kind(a) - kind(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
    bar.hidden = false;
    notes.replaceChildren();
    addEventListener("beforeunload", warn);
    const taken = new Set();
    for (const [number, file] of files.entries()) {
      say(t("importing_one", { name: file.name, number: number + 1, count: files.length }));
      try {
        const answer = await upload(`/collections/${id}/files`, file, (share) => { bar.value = (number + share) / files.length; });
        answer.pages.forEach((page) => taken.add(page));
        for (const note of answer.notes) notes.append(element("li", { textContent: `${note.name}: ${note.reason}` }));
      } catch (error) {
        notes.append(element("li", { textContent: `${file.name}: ${error.message}` }));
      }
      if (number % 20 === 19) await refresh();
    }
    bar.hidden = true;
    removeEventListener("beforeunload", warn);
    input.value = "";
    say(t("imported", { count: taken.size }));
    await refresh();
  }
  return { place };
}

// The readings at work, and why the last one failed; what is there already stays where it is, and keeps the keyboard.
function showJobs(work, jobs) {
  const readings = jobs.filter((job) => job.kind === "read"), known = new Map([...work.children].map((place) => [place.dataset.job, place]));
  const shown = readings.filter((job, number) => job.state === "waiting" || job.state === "running" || (job.state === "failed" && !number));
  for (const job of shown) {
    const place = known.get(String(job.id)) ?? jobPlace(job);
    known.delete(String(job.id));
    const failed = job.state === "failed";
    place.querySelector("span").textContent = failed ? job.message : t("reading_pages", { done: job.done, total: job.total });
    moveMeter(place.querySelector("progress"), job.done, job.total, t("at_work"));
    place.querySelector("button").hidden = place.querySelector("progress").hidden = failed;
    if (!place.isConnected) work.append(place);
  }
  for (const place of known.values()) place.remove();
}

function jobPlace(job) {
  const place = element("div", { className: "job" }, element("span"), meter(0, 1, t("at_work")), button(t("stop"), () => send("DELETE", `/jobs/${job.id}`), { className: "quiet" }));
  place.dataset.job = job.id;
  return place;
}

async function readAll(state, look) {
  const anew = element("input", { type: "checkbox" });
  const wished = await ask(t("read_all"), [
    element("p", { textContent: t("read_what") }),
    element("label", {}, anew, " ", t("find_anew")),
  ], t("read"), () => ({ find: anew.checked }));
  if (!wished) return;
  await post(`/collections/${state.id}/read`, wished);
  await look();
}

const select = (choices, chosen, name) => element("select", {}, ...choices.map((value) => element("option", { value, textContent: name(value), selected: value === chosen })));

const readerName = (name) => (name === "default" ? t("shipped_reader") : name);

async function settings(state, refresh) {
  const { collection } = state;
  const name = element("input", { value: collection.name, required: true, maxLength: 120, pattern: ".*\\S.*" });
  const reader = select(collection.choices.readers, collection.reader, readerName);
  const language = select(["", ...collection.choices.languages], collection.language ?? "", (value) => t(`language_${value || "own"}`));
  const erase = select(collection.choices.erasing, collection.erase, (value) => t(`erase_${value}`));
  const rows = [["name", name], ["reader", reader], ["language_model", language], ["erasing", erase]];
  const wished = await ask(t("how_to_read"), rows.map(([key, field]) => element("label", { className: "field" }, t(key), field)), t("keep"), () => ({
    name: name.value, reader: reader.value, language: language.value || null, erase: erase.value,
  }));
  if (!wished) return;
  await send("PATCH", `/collections/${state.id}`, wished);
  await refresh();
}

async function exportAll(state) {
  const kind = element("select", {}, ...FORMATS.map((value) => element("option", { value, textContent: t(`format_${value}`) })));
  const pictures = element("input", { type: "checkbox", checked: true });
  const beside = element("label", {}, pictures, " ", t("with_pictures"));
  kind.addEventListener("change", () => { beside.hidden = !["page", "alto"].includes(kind.value); });
  const wished = await ask(t("export"), [
    element("label", { className: "field" }, t("format"), kind), beside,
  ], t("save"), () => `/collections/${state.id}/export?kind=${kind.value}&pictures=${pictures.checked}`);
  if (!wished) return;
  say(t("working"));
  await save(wished, "pages").then(() => say(t("saved")), (error) => say(error.message));
}
