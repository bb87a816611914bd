// "Learn from my corrections": how long, how far, and what came of it.
import { post, send } from "./api.js";
import { button, element, meter, moveMeter, percent } from "./dom.js";
import { t } from "./texts.js";

const SHOWN = 5;

export function learning(id, asked) {
  const minutes = element("input", { type: "number", min: 1, max: 1440, value: 20, size: 4 });
  const how = element("p", {}), fault = element("p", { className: "error", role: "alert", hidden: true });
  const start = button(t("learn"), begin);
  const results = element("div", {});
  const place = element("section", { className: "learn", "aria-label": t("learn") },
    element("h2", { textContent: t("learn") }), how,
    element("div", { className: "row" }, element("label", {}, t("minutes"), " ", minutes), start), fault, results);
  let set = false;

  async function begin() {
    fault.hidden = true;
    try {
      await post(`/collections/${id}/learn`, { minutes: Number(minutes.value) });
      asked();
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    }
  }

  function update(collection) {
    how.textContent = t("learn_how", { done: collection.done });
    if (!set) minutes.value = collection.minutes;
    set = true;
  }

  function show(jobs) {
    const own = jobs.filter((job) => job.kind === "learn");
    start.disabled = own.some((job) => job.state === "waiting" || job.state === "running");
    const known = new Map([...results.children].map((card) => [card.dataset.job, card]));
    own.slice(0, SHOWN).forEach((job, number) => {
      const before = known.get(String(job.id)), card = before?.dataset.state === job.state ? before : learned(job, asked);
      if (before && before !== card) before.replaceWith(card);
      known.delete(String(job.id));
      if (results.children[number] !== card) results.insertBefore(card, results.children[number] ?? null);
      moveOn(card, job);
    });
    for (const card of known.values()) card.remove();
  }
  return { place, update, show };
}

// How far a learning is.
function moveOn(card, job) {
  const minute = Math.round(job.done / 60), all = Math.round(job.total / 60), bar = card.querySelector("progress");
  if (!bar) return;
  card.querySelector("p").textContent = job.state === "waiting" ? t("waiting") : t(`phase_${job.message || "measure"}`, { minute, all });
  moveMeter(bar, job.done, job.total, t("at_work"));
}

function learned(job, asked) {
  const title = t("learning_of", { lines: job.options.lines, held: job.options.held_out, made: new Date(job.made).toLocaleString() });
  const card = element("article", { className: "card" }, element("h3", { textContent: title }));
  card.dataset.job = job.id;
  card.dataset.state = job.state;
  if (job.state === "waiting" || job.state === "running") {
    card.append(
      element("p"),
      meter(0, 1, t("at_work")),
      button(t("stop"), () => send("DELETE", `/jobs/${job.id}`), { className: "quiet" }));
  } else if (job.state === "finished") {
    const { cer_before: before, cer_after: after, counts, improved, worsened, reader } = job.result;
    card.append(
      element("p", { className: "rates" }, element("b", { textContent: percent(before) }), " → ", element("b", { textContent: percent(after) })),
      element("p", { textContent: t("learned_says", { ...counts, reader }) }),
      button(t("adopt"), () => post(`/jobs/${job.id}/adopt`).then(asked), { className: after < before ? "" : "quiet" }),
      ...[changed(t("improved"), improved), changed(t("worsened"), worsened)].filter(Boolean));
  } else {
    card.append(element("p", { className: "error", textContent: job.state === "failed" ? job.message : t("stopped") }));
  }
  return card;
}

function changed(title, lines) {
  if (!lines.length) return null;
  const rows = lines.map((line) => element("li", {},
    element("a", { href: `#/page/${line.page}`, textContent: line.truth }),
    element("div", { className: "was", textContent: line.before }), element("div", { className: "is", textContent: line.after })));
  return element("details", {}, element("summary", { textContent: `${title} (${lines.length})` }), element("ol", { className: "changed" }, ...rows));
}
