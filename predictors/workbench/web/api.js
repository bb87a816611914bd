// The server: JSON in and out, and pictures. Every request has a header that no other web page can send.
import { t } from "./texts.js";

const BASE = "/api/workbench";
const KEPT = "palimpsest.token";
const LARGE_PX = 500, LARGE_KEPT = 10;
let asking = false;

export class Conflict extends Error {
  constructor(message, lines) {
    super(message);
    this.lines = lines;
  }
}

export class Refused extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

function headers(more = {}) {
  const token = sessionStorage.getItem(KEPT);
  return { "X-Palimpsest": "1", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
}

async function answered(response) {
  if (response.ok) return response;
  if (response.status === 401 && !asking) {
    asking = true;
    const token = prompt(t("token"));
    if (token) {
      sessionStorage.setItem(KEPT, token);
      location.reload();
    }
  }
  const body = await response.json().catch(() => ({}));
  const message = body.error ?? t("server_said", { status: response.status });
  throw response.status === 409 ? new Conflict(message, body.lines) : new Refused(message, response.status);
}

export async function get(address) {
  return (await answered(await fetch(BASE + address, { headers: headers() }))).json();
}

export async function send(method, address, body, more = {}) {
  const init = { method, headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body ?? {}), ...more };
  return (await answered(await fetch(BASE + address, init))).json();
}

export const post = (address, body, more) => send("POST", address, body, more);

// Sends a file, and says how much of it is on its way, 0..1.
export function upload(address, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", BASE + address);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    request.onerror = () => reject(new Refused(t("server_gone")));
    request.onload = () => {
      let body = {};
      try { body = JSON.parse(request.responseText); } catch { /* the server was cut off: there is nothing to read */ }
      if (request.status === 200) resolve(body);
      else reject(new Refused(body.error ?? t("server_said", { status: request.status })));
    };
    const form = new FormData();
    form.append("file", file, file.webkitRelativePath || file.name);
    request.send(form);
  });
}

const pictures = new Map();

// The address of a page's picture in this browser; each is fetched once.
export function picture(page, width) {
  const key = `/pages/${page}/picture?width=${width}`;
  if (!pictures.has(key)) {
    const fetched = fetch(BASE + key, { headers: headers() }).then(answered).then((response) => response.blob());
    pictures.set(key, fetched.then((blob) => URL.createObjectURL(blob)));
    fetched.catch(() => pictures.delete(key));
  }
  return pictures.get(key);
}

// Lets go of the large pictures that were opened first, once no view shows them.
export function forgetPictures() {
  const large = [...pictures.keys()].filter((key) => Number(/width=(\d+)/.exec(key)[1]) > LARGE_PX);
  for (const key of large.slice(0, -LARGE_KEPT)) {
    pictures.get(key).then((address) => URL.revokeObjectURL(address), () => {});
    pictures.delete(key);
  }
}

function nameIn(disposition) {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(disposition)?.[1];
  return encoded ? decodeURIComponent(encoded) : /filename="([^"]+)"/.exec(disposition)?.[1];
}

export async function save(address, name) {
  const response = await answered(await fetch(BASE + address, { headers: headers() }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = nameIn(response.headers.get("Content-Disposition") ?? "") ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
