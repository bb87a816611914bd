// The words of the page, from one table a language in languages/. Another language is one more table, and its name here.

export const LANGUAGES = { en: "English", fr: "Français", de: "Deutsch", es: "Español", ko: "한국어" };
const KEPT = "palimpsest.language";
let table = {}, fallback = {};

const load = async (code) => (await fetch(`/bench/languages/${code}.json`)).json();

export function current() {
  const wished = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
  return wished in LANGUAGES ? wished : "en";
}

export async function loadTexts() {
  [fallback, table] = await Promise.all([load("en"), load(current())]);
  document.documentElement.lang = current();
}

export function chooseLanguage(code) {
  localStorage.setItem(KEPT, code);
  location.reload();
}

// The text of a key, with {names} replaced by values.
export function t(key, values = {}) {
  const text = table[key] ?? fallback[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
