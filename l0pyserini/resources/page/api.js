// Asking the server. A key, where one is needed, stays in this tab.

const KEY = "l0pyserini-key";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const keepKey = (key) => sessionStorage.setItem(KEY, key);

export async function ask(path, parameters = [], signal = undefined) {
  const query = new URLSearchParams(parameters).toString();
  const key = sessionStorage.getItem(KEY);
  const answer = await fetch(query ? `${path}?${query}` : path, {
    headers: key ? { "X-API-Key": key } : {},
    signal,
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body.error);
  return body;
}

export const route = (index, rest) => `/v1/${encodeURIComponent(index)}/${rest}`;

export const search = (index, query, hits, signal) =>
  ask(route(index, "search"), [["query", query], ["hits", hits]], signal);

export const explain = (index, query, docids, signal) =>
  ask(route(index, "explain"), [["query", query], ...docids.map((one) => ["docid", one])], signal);
