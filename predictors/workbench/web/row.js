// One line to correct: its cut, its text, what else it may say, and whether it is done. It saves itself.
import { Conflict, post } from "./api.js";
import { cutOf, surety } from "./cut.js";
import { button, element, say } from "./dom.js";
import { t } from "./texts.js";

const PAUSE_MS = 700, AGAIN_MS = 2000;
const draftKey = (line) => `palimpsest.draft.${line.id}`;

// `bench` is what the view does for its rows: { moved(row, by), changed(answer), keys(event, row), page(line), picture(line) }.
export class Row {
  constructor(line, bench) {
    this.line = line;
    this.bench = bench;
    this.saving = null;
    this.timer = null;
    this.field = element("textarea", {
      className: "text", rows: 1, spellcheck: true, autocomplete: "off", lang: bench.language, "aria-describedby": `state-${line.id}`,
      oninput: () => this.typed(), onblur: () => this.save(), onkeydown: (event) => bench.keys(event, this), onfocus: () => this.focused(),
    });
    this.picture = element("div", { className: "picture", onclick: () => this.field.focus() });
    this.marks = element("div", { className: "marks" });
    this.more = element("div", { className: "more" });
    this.state = element("span", { id: `state-${line.id}`, className: "line-state" });
    this.done = button("✓", () => this.setState("done"), { className: "quiet toggle", title: `${t("done")} (Enter)` });
    this.unreadable = button("?", () => this.setState("unreadable"), { className: "quiet toggle", title: `${t("unreadable")} (Alt+U)` });
    this.place = element("li", { className: "line" }, this.picture, element("div", { className: "entry" }, this.field, this.done, this.unreadable), this.state, this.marks, this.more);
    this.place.dataset.line = line.id;
    this.show(line);
    this.restore();
  }

  // What was typed before the browser ended, if the line is as it was then.
  restore() {
    const kept = JSON.parse(localStorage.getItem(draftKey(this.line)) ?? "null");
    if (!kept) return;
    if (kept.text === this.line.text) localStorage.removeItem(draftKey(this.line));
    else if (kept.version === this.line.version) {
      this.field.value = kept.text;
      this.typed();
    } else this.conflict([this.line], kept.text);
  }

  get isDirty() { return this.field.value !== this.line.text; }

  show(line) {
    const fresh = !this.isDirty || this.field.value === line.text || !this.drawnFor;
    const moved = JSON.stringify([line.baseline, line.outline, line.words]) !== this.drawnFor || line.text !== this.line.text;
    this.line = line;
    if (fresh) this.field.value = line.text;
    requestAnimationFrame(() => this.grow());
    if (moved) this.draw();
    this.place.classList.toggle("is-done", line.state === "done");
    this.place.classList.toggle("is-unreadable", line.state === "unreadable");
    this.done.setAttribute("aria-pressed", line.state === "done");
    this.unreadable.setAttribute("aria-pressed", line.state === "unreadable");
    this.showMarks();
  }

  draw() {
    const { line } = this;
    this.drawnFor = JSON.stringify([line.baseline, line.outline, line.words]);
    this.bench.picture(line).then((address) => {
      if (line === this.line) this.picture.replaceChildren(cutOf(line, this.bench.page(line), address));
    }, (error) => this.picture.replaceChildren(error.message));
  }

  showMarks() {
    const { line } = this;
    this.field.setAttribute("aria-label", t("line_text", { state: t(line.state) }));
    if (line.text !== line.read_text) return void this.checkSpelling();
    if (this.checked === line.words) return;
    this.checked = line.words;
    const doubtful = line.words.filter(([, confidence]) => surety(confidence) !== "sure");
    this.marks.replaceChildren(...doubtful.map(([text, confidence]) => button(text, () => this.select(text), {
      className: surety(confidence), title: `${Math.round(100 * confidence)} %`, "aria-label": t("doubtful_word", { word: text, sure: Math.round(100 * confidence) }),
    })));
  }

  // What a person typed has no confidence; there the language model says which words are unusual.
  async checkSpelling() {
    const { text } = this.line;
    if (this.checked === text) return;
    this.checked = text;
    const { unusual } = text ? await post("/spelling", { text, language: this.bench.language || null }).catch(() => ({ unusual: [] })) : { unusual: [] };
    if (text !== this.line.text) return;
    this.marks.replaceChildren(...unusual.map(([start, end]) => button(text.slice(start, end), () => { this.field.focus(); this.field.setSelectionRange(start, end); }, {
      className: "unusual", title: t("unusual"), "aria-label": t("unusual_word", { word: text.slice(start, end) }),
    })));
  }

  focused() {
    this.bench.focused(this);
    const others = this.line.alternatives.filter(([text]) => text !== this.field.value).slice(0, 9);
    this.more.replaceChildren(...others.map(([text], number) => button(text, () => this.take(text), { className: "quiet alternative", title: `Alt+${number + 1}` })));
  }

  unfocused() { this.more.replaceChildren(); }

  select(word) {
    const at = this.field.value.indexOf(word);
    this.field.focus();
    if (at >= 0) this.field.setSelectionRange(at, at + word.length);
  }

  take(text) {
    this.field.value = text;
    this.typed();
    this.field.focus();
  }

  alternative(number) {
    const place = this.more.children[number - 1];
    if (place) this.take(place.textContent);
  }

  insert(text) {
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.field.focus();
    this.typed();
  }

  // As high as its text; a line has no line breaks, so what is pasted with some has spaces there.
  grow() {
    if (/[\r\n]/.test(this.field.value)) this.field.value = this.field.value.replace(/\s*[\r\n]+\s*/g, " ");
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight + 2}px`;
  }

  typed() {
    this.grow();
    localStorage.setItem(draftKey(this.line), JSON.stringify({ text: this.field.value, version: this.line.version }));
    this.mention("typing");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  revert() {
    this.field.value = this.line.text;
    this.grow();
    localStorage.removeItem(draftKey(this.line));
    this.mention("");
  }

  mention(key) {
    this.state.textContent = key ? t(key) : "";
    this.place.classList.toggle("unsaved", key === "typing" || key === "not_saved");
  }

  setState(state) {
    return this.save(this.line.state === state ? "open" : state);
  }

  // Sends what is new; what is typed meanwhile follows after. Fails only where somebody else was first.
  async save(state = null) {
    clearTimeout(this.timer);
    while (this.saving) await this.saving;
    if (this.inConflict || (!this.isDirty && (state === null || state === this.line.state))) return;
    this.saving = this.sendOnce(state).finally(() => { this.saving = null; });
    await this.saving;
  }

  async sendOnce(state) {
    const text = this.field.value;
    const wish = { line: this.line.id, version: this.line.version, ...(text !== this.line.text ? { text } : {}), ...(state ? { state } : {}) };
    try {
      const answer = await post(`/pages/${this.line.page_id}/edit`, wish, { keepalive: true });
      if (this.field.value === text) localStorage.removeItem(draftKey(this.line));
      this.mention(this.field.value === text ? "kept" : "typing");
      this.bench.changed(answer);
      if (this.field.value !== text) this.typed();
    } catch (error) {
      if (error instanceof Conflict) this.conflict(error.lines, text);
      else {
        this.mention("not_saved");
        say(error instanceof TypeError ? t("server_gone") : error.message);
        this.timer = setTimeout(() => this.save(state), AGAIN_MS);
      }
    }
  }

  // Somebody else was first: both texts stay, and the person decides.
  conflict([theirs], mine) {
    this.inConflict = true;
    this.field.value = mine;
    const settle = (keep) => {
      this.inConflict = false;
      this.line = theirs;
      this.clash.remove();
      if (keep) this.save();
      else this.revert();
      this.show(theirs);
      this.field.focus();
    };
    this.clash?.remove();
    this.clash = element("div", { className: "clash", role: "alert" },
      element("p", { textContent: theirs.is_deleted ? t("line_gone") : t("somebody_wrote", { text: theirs.text }) }),
      ...(theirs.is_deleted ? [] : [button(t("keep_mine"), () => settle(true)), button(t("take_theirs"), () => settle(false), { className: "quiet" })]));
    this.place.append(this.clash);
  }
}
