// What was typed and not saved yet, kept in this browser: by store and line, so that none is taken for another's.

const start = (store) => `palimpsest.draft.${store}.`;

export function keepDraft(store, line, draft) {
  try {
    localStorage.setItem(start(store) + line.id, JSON.stringify(draft));
  } catch { /* the browser keeps no more; then the server alone does, a second later */ }
}

export const draftOf = (store, line) => JSON.parse(localStorage.getItem(start(store) + line) ?? "null");
export const dropDraft = (store, line) => localStorage.removeItem(start(store) + line);

// The drafts of a page whose lines are not there any more: [line, text].
export function orphans(store, page, lines) {
  const own = Object.keys(localStorage).filter((key) => key.startsWith(start(store))).map((key) => Number(key.slice(start(store).length)));
  return own.filter((line) => !lines.includes(line) && draftOf(store, line)?.page === page).map((line) => [line, draftOf(store, line).text]);
}
