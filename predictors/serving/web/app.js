// The page: pictures in, answers out. Everything that comes from a picture is put in as text, never as HTML.

const TYPES = { txt: ["text/plain", "txt"], page: ["application/xml", "page.xml"], alto: ["application/xml", "alto.xml"], pdf: ["application/pdf", "pdf"] };
const byId = (id) => document.getElementById(id);
const status = byId("status"), results = byId("results");
const HANGUL = /[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]/;
const KNOWN = new Set(["text", "confidence", "note", "width", "height"]);
const DEFAULT_TASK = "pages";
let token = "", tasks = {};

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("aria-") || name === "role" || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

const task = () => document.querySelector("input[name=task]:checked").value;
const surety = (confidence) => (confidence >= 0.9 ? "sure" : confidence >= 0.6 ? "middling" : "unsure");
const percent = (share) => `${Math.round(share * 100)}%`;

function download(name, type, bytes) {
  const link = element("a", { href: URL.createObjectURL(new Blob([bytes], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function saveButton(label, name, type, content) {
  return element("button", { type: "button", className: "quiet", textContent: label, onclick: () => download(name, type, content()) });
}

// Browsers give the clipboard to secure pages alone; elsewhere the old way may do.
async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = element("textarea", { value: text, readOnly: true });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function copyButton(text) {
  const copy = async () => {
    status.textContent = (await toClipboard(text)) ? "The text is copied." : "This browser does not let pages copy here: mark the text and copy it.";
  };
  return element("button", { type: "button", className: "quiet", textContent: "Copy the text", onclick: copy });
}

async function send(file, wanted) {
  const form = new FormData();
  form.append("image", file, "upload");
  const explain = tasks[wanted].explains && byId("explain").checked ? "&explain=true" : "";
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(`/api/${wanted}?shown=true${explain}`, { method: "POST", body: form, headers });
  if (response.status === 401) byId("token-row").hidden = false;
  const body = await response.json().catch(() => ({ error: `the server answered ${response.status}` }));
  if (!response.ok) throw new Error(body.error ?? body.detail ?? `the server answered ${response.status}`);
  return body;
}

async function answer(files) {
  const wanted = task();
  const all = [...files];
  let done = 0;
  status.textContent = `Working on ${all.length === 1 ? all[0].name || "the picture" : `${all.length} pictures`} …`;
  results.setAttribute("aria-busy", "true");
  await Promise.all(all.map(async (file) => {
    const card = element("article", {}, element("h2", { textContent: file.name || "picture" }));
    results.prepend(card);
    try {
      const begun = performance.now();
      const body = await send(file, wanted);
      show(card, body, (file.name || "picture").replace(/\.[^.]*$/, ""));
      card.append(element("p", { className: "alternatives", textContent: `${((performance.now() - begun) / 1000).toFixed(1)} s` }));
    } catch (error) {
      card.classList.add("error");
      card.append(element("p", { role: "alert", textContent: error.message }));
    }
    done += 1;
    status.textContent = `${done} of ${all.length} done.`;
  }));
  results.removeAttribute("aria-busy");
  results.firstElementChild.scrollIntoView({ block: "nearest" });
}

const image = (kind, base64, alt) => element("img", { src: `data:image/${kind};base64,${base64}`, alt });

// What was erased, in red over the picture.
function redMask(base64) {
  const canvas = element("canvas", { className: "over mask", hidden: true, role: "img", "aria-label": "what was erased, in red" });
  const white = image("png", base64, "");
  white.onload = () => {
    canvas.width = white.naturalWidth;
    canvas.height = white.naturalHeight;
    const pen = canvas.getContext("2d");
    pen.drawImage(white, 0, 0);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
    for (let place = 0; place < pixels.data.length; place += 4) pixels.data.set([214, 40, 40, pixels.data[place] > 127 ? 220 : 0], place);
    pen.putImageData(pixels, 0, 0);
  };
  return canvas;
}

function showCleaned(card, body, name) {
  const cleaned = image("png", body.cleaned_png, "the cleaned picture");
  cleaned.className = "over";
  const mask = redMask(body.mask_png);
  const slider = element("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": "Before at the left, after at the right" });
  const move = () => { cleaned.style.clipPath = `inset(0 0 0 ${slider.value}%)`; };
  slider.addEventListener("input", move);
  move();
  const toggle = element("input", { type: "checkbox", onchange: () => { mask.hidden = !toggle.checked; } });
  card.append(
    element("div", { className: "picture" }, image("jpeg", body.shown_jpeg, "the picture as it was sent"), cleaned, mask),
    slider,
    element("div", { className: "row" },
      element("label", {}, toggle, " Show what was erased"),
      saveButton("Save as PNG", `${name}.cleaned.png`, "image/png", () => fromBase64(body.cleaned_png)),
      element("span", { textContent: `${(body.artifact_fraction * 100).toFixed(2)}% of the picture was erased.` })));
}

function alternativesList(alternatives) {
  const list = element("ul", { className: "alternatives" });
  for (const [text, share] of alternatives) list.append(element("li", { textContent: `${text} (${percent(share)})` }));
  return list;
}

function wordButtons(words, choose) {
  return words.map((word, place) => element("button", {
    type: "button",
    className: `word ${surety(word[1])}`,
    textContent: word[0],
    title: `${percent(word[1])} sure`,
    "aria-label": `${word[0]}, ${percent(word[1])} sure`,
    onclick: () => choose(place),
  }));
}

function overlay(width, height, shapes, choose) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const polygons = shapes.map(([points, confidence], place) => {
    const polygon = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    polygon.setAttribute("points", points.map((point) => point.join(",")).join(" "));
    polygon.setAttribute("class", surety(confidence));
    polygon.addEventListener("click", () => choose(place));
    svg.append(polygon);
    return polygon;
  });
  return [svg, (place) => polygons.forEach((polygon, other) => polygon.classList.toggle("chosen", other === place))];
}

function showLine(card, body, name) {
  const details = element("div", { "aria-live": "polite" });
  const shapes = body.words.map(([, confidence, left, right]) => [[[left, 0], [right, 0], [right, body.height], [left, body.height]], confidence]);
  const choose = (place) => {
    mark(place);
    const [text, confidence] = body.words[place];
    details.replaceChildren(element("p", { textContent: `“${text}” is ${percent(confidence)} sure.` }),
      body.alternatives.length ? alternativesList(body.alternatives) : "");
  };
  const [svg, mark] = overlay(body.width, body.height, shapes, choose);
  card.append(
    element("div", { className: "picture" }, image("jpeg", body.shown_jpeg, "the line as it was sent"), svg),
    element("p", { className: "words" }, ...(body.words.length ? wordButtons(body.words, choose) : ["Nothing was read."])),
    details,
    element("div", { className: "row" },
      copyButton(body.text),
      saveButton("Save as TXT", `${name}.txt`, "text/plain", () => `${body.text}\n`),
      element("span", { textContent: `${percent(body.confidence)} sure of the whole line.` })));
}

function showPages(card, body, name) {
  body.pages.forEach((page, number) => card.append(onePage(page, body.pages.length > 1 ? `${name}_${number + 1}` : name)));
}

function onePage(page, name) {
  const details = element("div", { "aria-live": "polite" });
  const lines = [];
  const choose = (place) => {
    mark(place);
    lines[place].scrollIntoView({ block: "nearest" });
    const line = page.lines[place];
    details.replaceChildren(element("p", { textContent: `Line ${place + 1}, ${percent(line.confidence)} sure: ${line.text}` }),
      line.alternatives.length ? alternativesList(line.alternatives) : "");
  };
  const [svg, mark] = overlay(page.width, page.height, page.lines.map((line) => [line.outline, line.confidence]), choose);
  const text = element("div", { className: "words" });
  page.lines.forEach((line, place) => {
    const row = element("div", {}, ...wordButtons(line.words, () => choose(place)));
    if (place && line.block !== page.lines[place - 1].block) text.append(element("br"));
    lines.push(row);
    text.append(row);
  });
  const saves = Object.entries(page.files).map(([kind, content]) =>
    saveButton(`Save as ${kind.toUpperCase()}`, `${name}.${TYPES[kind][1]}`, TYPES[kind][0], () => fromBase64(content)));
  return element("section", {},
    element("div", { className: "two" },
      element("div", { className: "picture" }, image("jpeg", page.shown_jpeg, "the page as it was sent"), svg),
      element("div", {}, page.lines.length ? text : element("p", { textContent: "No lines of writing were found." }), details)),
    element("div", { className: "row" }, copyButton(page.text), ...saves));
}

// An answer without places: its text and others that it may be, and whatever pictures came with it.
function showAnswer(card, body) {
  const answers = [[body.text, body.confidence], ...(body.alternatives ?? [])].filter(([text]) => text);
  const list = element("ol", { className: "answers" });
  for (const [text, confidence] of answers) {
    list.append(element("li", {}, element("b", { textContent: text, lang: HANGUL.test(text) ? "ko" : "" }), confidence == null ? "" : percent(confidence)));
  }
  card.append(element("div", { className: "two" },
    element("div", { className: "picture" }, image("jpeg", body.shown_jpeg, "the picture as it was sent")),
    element("div", {},
      body.note ? element("p", { textContent: body.note === "blank" ? "There is nothing on the picture." : body.note }) : "",
      list,
      ...Object.entries(body).filter(([key, value]) => !KNOWN.has(key) && typeof value !== "object" && !/_(png|jpeg)$/.test(key))
        .map(([key, value]) => element("p", { textContent: `${key.replaceAll("_", " ")}: ${value}` })),
      ...Object.keys(body).filter((key) => key.endsWith("_png")).map((key) => image("png", body[key], key.slice(0, -4))),
      body.text ? copyButton(body.text) : "")));
}

// By what an answer holds, so that every task is shown, one that is new too.
function show(card, body, name) {
  const draw = body.pages ? showPages : body.cleaned_png && body.mask_png ? showCleaned : body.words ? showLine : showAnswer;
  draw(card, body, name);
}

function acceptFiles() {
  for (const input of [byId("files"), byId("camera")]) {
    input.addEventListener("change", () => { if (input.files.length) answer(input.files); input.value = ""; });
  }
  const drop = byId("drop");
  for (const kind of ["dragover", "dragenter"]) {
    drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) answer(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length) answer(files);
  });
}

function acceptDrawing() {
  const canvas = byId("canvas"), pen = canvas.getContext("2d");
  let strokes = [], current = null;
  const draw = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = "#111";
    pen.lineWidth = 5;
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of strokes) {
      pen.beginPath();
      stroke.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      if (stroke.length === 1) pen.lineTo(stroke[0][0] + 0.1, stroke[0][1]);
      pen.stroke();
    }
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    current = [place(event)];
    strokes.push(current);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => { if (current) { current.push(place(event)); draw(); } });
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, () => { current = null; });
  const fit = () => {
    [canvas.width, canvas.height] = tasks[task()].drawing_px;
    draw();
  };
  byId("draw-open").addEventListener("click", () => { byId("drawing").hidden = false; fit(); canvas.focus(); });
  byId("draw-clear").addEventListener("click", () => { strokes = []; draw(); });
  byId("draw-undo").addEventListener("click", () => { strokes.pop(); draw(); });
  byId("draw-send").addEventListener("click", () => canvas.toBlob((blob) => answer([new File([blob], "drawing.png", { type: "image/png" })])));
  return fit;
}

async function start() {
  acceptFiles();
  const fit = acceptDrawing();
  byId("token").addEventListener("change", (event) => { token = event.target.value; });
  const changed = () => { byId("explain-choice").hidden = !tasks[task()].explains; fit(); };
  byId("tasks").addEventListener("change", changed);
  const served = await (await fetch("/tasks")).json();
  tasks = Object.fromEntries(served.map((each) => [each.task, each]));
  const first = tasks[DEFAULT_TASK] ? DEFAULT_TASK : served[0].task;
  for (const { task: name, purpose } of served) {
    const choice = element("input", { type: "radio", name: "task", value: name, checked: name === first });
    byId("tasks").append(element("label", {}, choice, ` ${purpose.split(":")[0]}`));
  }
  changed();
}

start();
