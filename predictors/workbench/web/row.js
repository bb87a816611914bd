// One line to correct: its cut, its text, what else it may say, and whether it is done. It saves itself.
import { Conflict, Refused, post } from "./api.js";
import { cutOf, surety } from "./cut.js";
import { button, element, say } from "./dom.js";
import { draftOf, dropDraft, keepDraft } from "./drafts.js";
import { t } from "./texts.js";

const PAUSE_MS = 700, LONGEST_MS = 1500, AGAIN_MS = 2000;

// `bench` is what the view does for its rows: { store, language, page(line), picture(line), focused(row), changed(answer), keys(event, row) }.
// A row knows `line`, as the server had it when the person last agreed with it, and what the person did since: the text in
// its field where `isTyped`, and the state that is `wanted`.
export class Row {
  constructor(line, bench) {
    Object.assign(this, { line, bench, isTyped: false, wanted: null, saving: null, timer: null, since: null, theirs: null });
    this.field = element("textarea", {
      className: "text", rows: 1, spellcheck: true, autocomplete: "off", lang: bench.language, "aria-describedby": `state-${line.id}`,
      oninput: () => this.typed(), onblur: () => this.save(), onkeydown: (event) => bench.keys(event, this), onfocus: () => this.focused(),
    });
    this.picture = element("div", { className: "picture", onclick: () => this.field.focus() });
    this.marks = element("div", { className: "marks" });
    this.more = element("div", { className: "more" });
    this.state = element("span", { id: `state-${line.id}`, className: "line-state" });
    this.done = button("✓", () => this.setState("done"), { className: "quiet toggle", title: `${t("done")} (Enter)`, "aria-label": t("done") });
    this.unreadable = button("?", () => this.setState("unreadable"), { className: "quiet toggle", title: `${t("unreadable")} (Alt+U)`, "aria-label": t("unreadable") });
    this.place = element("li", { className: "line" }, this.picture, element("div", { className: "entry" }, this.field, this.done, this.unreadable), this.state, this.marks, this.more);
    this.place.dataset.line = line.id;
    this.take(line);
    this.restore();
  }

  get isBusy() { return this.isTyped || this.wanted !== null || this.theirs !== null; }

  // What was done before the browser ended.
  restore() {
    const kept = draftOf(this.bench.store, this.line.id);
    if (!kept) return;
    if (kept.text === this.line.text && !kept.state) return dropDraft(this.bench.store, this.line.id);
    this.field.value = kept.text;
    this.isTyped = kept.text !== this.line.text;
    this.wanted = kept.state ?? null;
    if (kept.version === this.line.version || !this.line.is_typed) this.typed();
    else this.conflict(this.line);
  }

  // The line as the server has it now: taken over where nothing of the person's is in the way.
  show(line) {
    if (line.version < this.line.version) return;  // an answer that was overtaken
    if (this.theirs) return this.conflict(line);
    if (!this.isTyped || line.version === this.line.version || this.agrees(line)) this.take(line);
    else this.conflict(line);
  }

  // Whether what is typed here may follow on what the server has: nobody has typed anything else there.
  agrees(line) {
    return line.text === this.field.value || line.text === this.sent || line.text === this.line.text || !line.is_typed;
  }

  take(line) {
    const shape = JSON.stringify([line.baseline, line.outline, line.words, line.text === line.read_text, line.state === "done"]);
    this.line = line;
    if (line.text === this.field.value) this.isTyped = false;
    if (line.state === this.wanted) this.wanted = null;
    if (!this.isTyped && this.field.value !== line.text) this.field.value = line.text;
    requestAnimationFrame(() => this.grow());
    if (shape !== this.drawnFor) this.draw();
    this.drawnFor = shape;
    const state = this.wanted ?? line.state;
    this.place.classList.toggle("is-done", state === "done");
    this.place.classList.toggle("is-unreadable", state === "unreadable");
    this.done.setAttribute("aria-pressed", state === "done");
    this.unreadable.setAttribute("aria-pressed", state === "unreadable");
    this.field.setAttribute("aria-label", t("line_text", { number: this.bench.number(line), state: t(state) }));
    this.showMarks();
  }

  draw() {
    const { line } = this;
    this.bench.picture(line).then((address) => {
      if (line.id === this.line.id) this.picture.replaceChildren(cutOf(this.line, this.bench.page(line), address));
    }, (error) => this.picture.replaceChildren(error.message));
  }

  showMarks() {
    const { line } = this;
    if (line.state === "done") return this.marks.replaceChildren();  // a person has looked at it
    if (line.text !== line.read_text) return void this.checkSpelling();
    if (this.checked === line.words && this.marks.childElementCount) return;
    this.checked = line.words;
    const doubtful = line.words.filter(([, confidence]) => surety(confidence) !== "sure");
    this.marks.replaceChildren(...doubtful.map(([text, confidence]) => button(text, () => this.select(text), {
      className: surety(confidence), title: `${Math.round(100 * confidence)} %`, "aria-label": t("doubtful_word", { word: text, sure: Math.round(100 * confidence) }),
    })));
  }

  // What a person typed has no confidence; there the language model says which words are unusual.
  async checkSpelling() {
    const { text } = this.line, characters = [...text];
    if (this.checked === text && this.marks.childElementCount) return;
    this.checked = text;
    const { unusual } = text ? await post("/spelling", { text, language: this.bench.model }).catch(() => ({ unusual: [] })) : { unusual: [] };
    if (text !== this.line.text || this.line.state === "done") return;
    this.marks.replaceChildren(...unusual.map(([start, end]) => {
      const word = characters.slice(start, end).join("");
      return button(word, () => this.select(word), { className: "unusual", title: t("unusual"), "aria-label": t("unusual_word", { word }) });
    }));
  }

  focused() {
    this.bench.focused(this);
    this.before = this.field.value;  // what Escape brings back
    const others = this.line.alternatives.filter(([text]) => text !== this.field.value).slice(0, 9);
    this.more.replaceChildren(...others.map(([text], number) => element("button", { type: "button", className: "quiet alternative", title: `Alt+${number + 1}`, onclick: () => this.replace(text) }, ...this.compared(text))));
  }

  // Another reading, with the words in bold that this one lacks.
  compared(text) {
    const own = new Set(this.field.value.split(" "));
    return text.split(" ").flatMap((word, place) => [place ? " " : "", own.has(word) ? word : element("b", { textContent: word })]);
  }

  unfocused() { this.more.replaceChildren(); }

  select(word) {
    const at = this.field.value.indexOf(word);
    this.field.focus();
    if (at >= 0) this.field.setSelectionRange(at, at + word.length);
  }

  replace(text) {
    this.field.value = text;
    this.typed();
    this.field.focus();
  }

  alternative(number) {
    const place = this.more.children[number - 1];
    if (place) this.replace(place.textContent);
  }

  insert(text) {
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.field.focus();
    this.typed();
  }

  // As high as its text; a line has no line breaks, so what is pasted with some has spaces there.
  grow() {
    if (this.isTyped && /[\r\n]/.test(this.field.value)) this.field.value = this.field.value.replace(/\s*[\r\n]+\s*/g, " ");
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  // Saves after a pause, or after a while without one.
  typed() {
    this.isTyped = this.field.value !== this.line.text;
    this.grow();
    this.keep();
    this.mention("typing");
    this.since ??= performance.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(PAUSE_MS, this.since + LONGEST_MS - performance.now())));
  }

  keep() {
    keepDraft(this.bench.store, this.line, { text: this.field.value, version: this.line.version, state: this.wanted, page: this.line.page_id });
  }

  revert() {
    this.isTyped = false;
    this.wanted = null;
    this.since = null;
    this.take(this.line);
    dropDraft(this.bench.store, this.line.id);
    this.mention("");
  }

  mention(key) {
    this.state.textContent = key ? t(key) : "";
    this.place.classList.toggle("unsaved", key === "typing" || key === "not_saved");
  }

  setState(state) {
    return this.save(this.line.state === state ? "open" : state);
  }

  // Sends what is new, and says whether all of it is saved; what is typed meanwhile follows after.
  async save(state = null) {
    clearTimeout(this.timer);
    if (state) {
      this.wanted = state === this.line.state ? null : state;
      if (this.wanted) this.keep();
    }
    while (this.saving) await this.saving;
    if (this.theirs) return false;
    if (!this.isTyped && this.wanted === null) return true;
    this.saving = this.sendOnce().finally(() => { this.saving = null; });
    await this.saving;
    return !this.isBusy;
  }

  async sendOnce() {
    const { wanted } = this;
    this.sent = this.field.value;
    this.since = null;
    const wish = { line: this.line.id, version: this.line.version, ...(this.isTyped ? { text: this.sent } : {}), ...(wanted ? { state: wanted } : {}) };
    try {
      const answer = await post(`/pages/${this.line.page_id}/edit`, wish, { keepalive: true });
      if (this.wanted === wanted) this.wanted = null;
      this.bench.changed(answer);
      this.settled();
    } catch (error) {
      if (error instanceof Conflict) return this.met(error.lines[0]);
      this.mention("not_saved");
      say(error instanceof TypeError ? t("server_gone") : error.message);
      if (!(error instanceof Refused) || error.status >= 500) this.timer = setTimeout(() => this.save(), AGAIN_MS);
    }
  }

  settled() {
    if (this.isBusy) return this.typed();
    dropDraft(this.bench.store, this.line.id);
    this.mention("kept");
  }

  // The server had another version than the one that was typed on.
  met(theirs) {
    if (theirs.is_deleted || (this.isTyped ? !this.agrees(theirs) : theirs.text !== this.line.text && theirs.is_typed)) return this.conflict(theirs);
    this.take(theirs);
    if (this.isBusy) this.timer = setTimeout(() => this.save(), 0);
    else this.settled();
  }

  // Somebody else was first: both texts stay, and the person decides.
  conflict(theirs) {
    this.theirs = theirs;
    this.clash?.remove();
    this.clash = element("div", { className: "clash", role: "alert" },
      element("p", { textContent: theirs.is_deleted ? t("line_gone") : t("somebody_wrote", { text: theirs.text }) }),
      ...(theirs.is_deleted ? [button(t("close"), () => { dropDraft(this.bench.store, this.line.id); this.place.remove(); }, { className: "quiet" })]
        : [button(t("keep_mine"), () => this.settle(true)), button(t("take_theirs"), () => this.settle(false), { className: "quiet" })]));
    this.place.append(this.clash);
  }

  settle(keepsMine) {
    const { theirs } = this;
    this.theirs = null;
    this.clash.remove();
    if (!keepsMine) Object.assign(this, { isTyped: false, wanted: null });
    this.take(theirs);
    if (keepsMine) this.save();
    else this.revert();
    this.field.focus();
  }
}
