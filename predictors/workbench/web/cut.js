// A line's own cut of its page, level, with its doubtful words marked.
import { drawn } from "./dom.js";
import { t } from "./texts.js";

const BEYOND = 0.6;  // x-heights that a cut reaches beyond the ends of its baseline, as the reader's does
export const UNSURE = 0.5, DOUBTFUL = 0.8;

export const surety = (confidence) => (confidence < UNSURE ? "unsure" : confidence < DOUBTFUL ? "doubtful" : "sure");

// Where a line lies when its baseline is level: { turn, x, y, width, height }.
export function level(line) {
  const [[x0, y0], [x1, y1]] = [line.baseline[0], line.baseline.at(-1)];
  const turn = Math.atan2(y1 - y0, x1 - x0), [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const turned = (line.outline.length ? line.outline : line.baseline).map(([x, y]) => [(x - x0) * cosine + (y - y0) * sine, (y - y0) * cosine - (x - x0) * sine]);
  const along = turned.map(([x]) => x), across = turned.map(([, y]) => y);
  const reach = BEYOND * (line.x_height || 20), margin = 0.25 * (line.x_height || 20);
  const left = Math.min(-reach, ...along), right = Math.max(Math.hypot(x1 - x0, y1 - y0) + reach, ...along);
  const top = Math.min(-2 * margin, ...across) - margin, bottom = Math.max(margin, ...across) + margin;
  return { turn: (turn * 180) / Math.PI, origin: [x0, y0], x: x0 + left, y: y0 + top, width: right - left, height: bottom - top, along: reach };
}

export function cutOf(line, page, address) {
  const place = level(line);
  const picture = drawn("image", { href: address, width: page.width, height: page.height, transform: `rotate(${-place.turn} ${place.origin.join(" ")})` });
  const svg = drawn("svg", { class: "cut", viewBox: `${place.x} ${place.y} ${place.width} ${place.height}`, role: "img", "aria-label": t("cut_of_line") }, picture);
  svg.style.setProperty("--aspect", place.width / place.height);
  if (line.text === line.read_text && line.state !== "done") svg.append(...line.words.filter(([, confidence]) => surety(confidence) !== "sure").map((word) => mark(word, place)));
  return svg;
}

function mark([text, confidence, left, right], place) {
  const height = place.height * 0.06;
  return drawn("rect", { class: surety(confidence), x: place.x + left * place.width, width: Math.max(2, (right - left) * place.width), y: place.y + place.height - 1.5 * height, height },
    drawn("title", {}, `${text}: ${Math.round(100 * confidence)} %`));
}
