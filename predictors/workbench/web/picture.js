// The page itself: zoomed, moved about, its lines chosen and drawn.
import { drawn, element } from "./dom.js";
import { surety } from "./cut.js";
import { t } from "./texts.js";

const CLOSEST_PX = 60, STEP = 1.25, NUDGE_PX = 2, NUDGE_MS = 700, BEND = 0.15;  // of an x-height: a baseline that bends less is straight

export class Picture {
  // `choose(id)` when a line is clicked, `draw(points)` when one was drawn, `redraw(line, points)` when a baseline was dragged.
  constructor(page, address, { choose, draw, redraw }) {
    Object.assign(this, { page, choose, draw, redraw, lines: [], chosen: null, drawing: null, editing: false });
    this.image = drawn("image", { href: address, width: page.width, height: page.height });
    this.shapes = drawn("g", {});
    this.handles = drawn("g", { class: "handles" });
    this.svg = drawn("svg", { class: "page", role: "group", "aria-label": t("the_page"), tabindex: 0 }, this.image, this.shapes, this.handles);
    this.place = element("div", { className: "sheet" }, this.svg);
    this.listen();
    this.fit();
  }

  view(x, y, width, height) {
    this.box = { x, y, width, height };
    this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    this.svg.style.setProperty("--unit", `${width / (this.svg.clientWidth || 600)}px`);
    if (this.editing) this.showHandles();
  }

  fit() { this.view(0, 0, this.page.width, this.page.height); }

  fitLine() {
    const line = this.lines.find(({ id }) => id === this.chosen);
    if (!line) return this.fit();
    const [x, y] = [0, 1].map((axis) => line.outline.map((point) => point[axis]));
    const left = Math.min(...x), right = Math.max(...x), middle = (Math.min(...y) + Math.max(...y)) / 2;
    const width = Math.max(CLOSEST_PX, 1.08 * (right - left)), height = (width * this.svg.clientHeight) / (this.svg.clientWidth || 1);
    this.view((left + right - width) / 2, middle - height / 2, width, height);
  }

  // Moves the picture, where the chosen line is out of sight.
  reveal() {
    const line = this.lines.find(({ id }) => id === this.chosen);
    if (!line || !line.outline.length) return;
    const [x, y] = line.outline[0], { box, page } = this, scale = this.scale();
    const [width, height] = [this.svg.clientWidth * scale, this.svg.clientHeight * scale];
    const left = box.x + (box.width - width) / 2, top = box.y + (box.height - height) / 2, margin = 0.05 * height;
    if (x >= left && x <= left + width && y >= top + (top > 0 ? margin : 0) && y <= top + height - margin) return;
    const wished = x < left || x > left + width ? x - 0.05 * box.width : box.x;
    const above = Math.max(-margin, Math.min(y - height / 2, page.height + margin - height));
    this.view(wished, above - (box.height - height) / 2, box.width, box.height);
  }

  scale() {
    return Math.max(this.box.width / (this.svg.clientWidth || 1), this.box.height / (this.svg.clientHeight || 1));
  }

  zoom(by, at = null) {
    const { x, y, width, height } = this.box, [cx, cy] = at ?? [x + width / 2, y + height / 2];
    const next = Math.min(3 * this.page.width, Math.max(CLOSEST_PX, width / by)), share = next / width;
    this.view(cx - (cx - x) * share, cy - (cy - y) * share, next, height * share);
  }

  spot(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  show(lines) {
    this.lines = lines;
    this.shapes.replaceChildren(...lines.map((line) => {
      const state = line.state === "open" ? surety(line.is_typed ? 1 : line.confidence ?? 1) : line.state;
      return drawn("polygon", { points: line.outline.map((point) => point.join(",")).join(" "), class: `${state}${line.id === this.chosen ? " chosen" : ""}`, "data-line": line.id });
    }));
    this.showHandles();
  }

  mark(id) {
    this.chosen = id;
    for (const shape of this.shapes.children) shape.classList.toggle("chosen", Number(shape.dataset.line) === id);
    this.showHandles();
    if (matchMedia("(max-width: 40rem)").matches) this.fitLine();
    else this.reveal();
  }

  edit(on) {
    this.editing = on;
    this.showHandles();
  }

  startDrawing() {
    this.drawing = [];
    this.svg.classList.add("drawing");
    this.svg.focus();
  }

  endDrawing() {
    const points = this.drawing ?? [];
    this.drawing = null;
    this.svg.classList.remove("drawing");
    this.handles.replaceChildren();
    this.draw(points);
  }

  showHandles() {
    const line = this.lines.find(({ id }) => id === this.chosen);
    if (this.drawing || this.dragging) return;
    const focused = [...this.handles.children].indexOf(document.activeElement);
    if (!this.editing || !line) return this.handles.replaceChildren();
    const points = simplified(line.baseline, BEND * (line.x_height || 20)), radius = 6 * this.scale();
    const trace = drawn("polyline", { class: "baseline", points: points.join(" ") });
    const dots = points.map((point, number) => drawn("circle", {
      cx: point[0], cy: point[1], r: radius, tabindex: 0, role: "slider", "aria-label": t("point_of_baseline", { number: number + 1 }), "aria-valuenow": Math.round(point[1]), "aria-valuemin": 0, "aria-valuemax": this.page.height,
      onpointerdown: (event) => this.dragPoint(event, points, number, trace),
      onkeydown: (event) => this.nudge(event, points, number, trace),
    }));
    this.handles.replaceChildren(trace, ...dots);
    this.handles.children[focused]?.focus();
  }

  dragPoint(event, points, number, trace) {
    event.stopPropagation();
    const dot = event.target;
    this.dragging = true;
    dot.setPointerCapture(event.pointerId);
    dot.onpointermove = (moved) => {
      points[number] = this.spot(moved);
      dot.setAttribute("cx", points[number][0]);
      dot.setAttribute("cy", points[number][1]);
      trace.setAttribute("points", points.join(" "));
    };
    dot.onpointerup = dot.onpointercancel = () => {
      dot.onpointermove = dot.onpointerup = dot.onpointercancel = null;
      this.dragging = false;
      this.redraw(this.chosen, points);
    };
  }

  nudge(event, points, number, trace) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const by = event.shiftKey ? 10 : NUDGE_PX;
    points[number] = [points[number][0] + by * step[0], points[number][1] + by * step[1]];
    event.target.setAttribute("cx", points[number][0]);
    event.target.setAttribute("cy", points[number][1]);
    trace.setAttribute("points", points.join(" "));
    this.dragging = true;  // what comes from the server meanwhile does not take the points away
    clearTimeout(this.nudged);
    this.nudged = setTimeout(() => { this.dragging = false; this.redraw(this.chosen, points); }, NUDGE_MS);
  }

  listen() {
    const { svg } = this, touching = new Map();
    let moved = 0;
    svg.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(event.deltaY < 0 ? STEP : 1 / STEP, this.spot(event)); }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      touching.set(event.pointerId, [event.clientX, event.clientY]);
      moved = 0;
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      const before = touching.get(event.pointerId);
      if (!before) return;
      const now = [event.clientX, event.clientY], other = [...touching].find(([id]) => id !== event.pointerId)?.[1];
      moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
      touching.set(event.pointerId, now);
      if (other) {
        this.zoom(Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1])));
      } else if (moved > 4) {
        const scale = this.scale();
        this.view(this.box.x - (now[0] - before[0]) * scale, this.box.y - (now[1] - before[1]) * scale, this.box.width, this.box.height);
      }
    });
    const end = (event) => {
      touching.delete(event.pointerId);
      if (event.type !== "pointerup" || moved > 4) return;
      if (this.drawing) this.addPoint(this.spot(event));
      else {
        const shape = document.elementsFromPoint(event.clientX, event.clientY).find((found) => found.tagName === "polygon");
        if (shape) this.choose(Number(shape.dataset.line));
      }
    };
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", end);
    svg.addEventListener("dblclick", () => { if (this.drawing) this.endDrawing(); });
    svg.addEventListener("keydown", (event) => {
      if (this.drawing && (event.key === "Enter" || event.key === "Escape")) {
        if (event.key === "Escape") this.drawing = [];
        this.endDrawing();
      } else if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? STEP : 1 / STEP);
      else if (event.target === svg && event.key.startsWith("Arrow")) {
        event.preventDefault();
        const by = 0.1 * this.box.width, [x, y] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key];
        this.view(this.box.x + x, this.box.y + y, this.box.width, this.box.height);
      }
    });
  }

  addPoint(point) {
    const last = this.drawing.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < 4) return;  // the second half of a double click
    this.drawing.push(point);
    this.handles.replaceChildren(drawn("polyline", { class: "baseline", points: this.drawing.join(" ") }),
      ...this.drawing.map(([cx, cy]) => drawn("circle", { cx, cy, r: 5 * this.scale() })));
  }
}

// The points of a line that tell its shape, to within a distance (Douglas & Peucker 1973).
function simplified(points, distance) {
  const [[x0, y0], [x1, y1]] = [points[0], points.at(-1)], length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const away = points.map(([x, y]) => Math.abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length);
  const worst = away.indexOf(Math.max(...away));
  if (points.length < 3 || away[worst] <= distance) return [[x0, y0], [x1, y1]];
  return [...simplified(points.slice(0, worst + 1), distance).slice(0, -1), ...simplified(points.slice(worst), distance)];
}
