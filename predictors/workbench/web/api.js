// The server: JSON in and out, and pictures. Every request has a header that no other web page can send.
import { t } from "./texts.js";

const BASE = "/api/workbench";
const KEPT = "palimpsest.token";

export class Conflict extends Error {
  constructor(message, lines) {
    super(message);
    this.lines = lines;
  }
}

export class Refused extends Error {}

function headers(more = {}) {
  const token = sessionStorage.getItem(KEPT);
  return { "X-Palimpsest": "1", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
}

async function answered(response) {
  if (response.ok) return response;
  if (response.status === 401) {
    const token = prompt(t("token"));
    if (token) {
      sessionStorage.setItem(KEPT, token);
      location.reload();
    }
  }
  const body = await response.json().catch(() => ({}));
  const message = body.error ?? t("server_said", { status: response.status });
  throw response.status === 409 ? new Conflict(message, body.lines) : new Refused(message);
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

export async function save(address, name) {
  const response = await answered(await fetch(BASE + address, { headers: headers() }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
