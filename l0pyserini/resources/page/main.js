// What the page does: the form, the address, and searching one index or two.

import { ask, explain, keepKey, search } from "./api.js";
import { byId, element, shownNumber, table } from "./dom.js";
import { fillHits, hitList } from "./hits.js";
import { queryTokens } from "./tokens.js";
import { showCommands, showDocument, showPair } from "./views.js";
import { matcher } from "./words.js";

let running = new AbortController();

function say(text, isError = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("error", isError);
}

function tell(fault) {
  if (fault.name === "AbortError") return;
  if (fault.status === 401) byId("key-form").hidden = false;
  say(fault.message, true);
}

function indexTable(indexes) {
  const kinds = (one) => [one.learned ? "learned tokens" : null, one.stems ? "BM25" : null].filter(Boolean).join(" and ");
  return table(["index", "documents", "searched by", "texts"], indexes.map((one) =>
    [one.name, shownNumber(one.documents), kinds(one), one.stores_text ? "kept" : "not kept"]));
}

async function start() {
  const { indexes } = await ask("/v1/indexes");
  const options = () => indexes.map((one) => element("option", { value: one.name }, one.name));
  byId("index").replaceChildren(...options());
  byId("beside").replaceChildren(element("option", { value: "" }, "nothing"), ...options());
  byId("beside-field").hidden = indexes.length < 2;
  say("");
  byId("indexes").replaceChildren(indexTable(indexes));
  fromAddress();
}

function fromAddress() {
  const asked = new URLSearchParams(location.search);
  byId("query").value = asked.get("q") ?? "";
  byId("welcome").hidden = asked.has("q");
  for (const [id, name] of [["index", "index"], ["beside", "beside"], ["hits", "k"]]) {
    if (asked.has(name)) byId(id).value = asked.get(name);
  }
  if (asked.get("q")) run();
}

function toAddress() {
  const asked = new URLSearchParams({ q: byId("query").value, index: byId("index").value, k: byId("hits").value });
  if (byId("beside").value) asked.set("beside", byId("beside").value);
  history.pushState(null, "", `?${asked}`);
}

async function run() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const query = byId("query").value;
  const hits = Number(byId("hits").value) || 10;
  const beside = byId("beside").value;
  const names = [byId("index").value, ...(beside && beside !== byId("index").value ? [beside] : [])];
  say("Searching …");
  byId("welcome").hidden = true;
  for (const id of ["compared", "tokens", "commands"]) byId(id).hidden = true;
  byId("results").replaceChildren();
  byId("results").classList.toggle("one", names.length === 1);
  document.title = `${query} · l0pyserini`;
  const started = performance.now();
  try {
    const found = await Promise.all(names.map((name) => search(name, query, hits, signal)));
    say(`Found in ${(performance.now() - started).toFixed(0)} ms. Tick two hits to see why one stands above the other.`);
    byId("token-lists").replaceChildren(...names.map((name) => element("div", { "data-index": name })));
    showCommands(names[0], query, hits);
    await Promise.all(found.map((one) => showIndex(one, query, signal)));
  } catch (fault) {
    tell(fault);
  }
}

async function showIndex(found, query, signal) {
  let match = () => null;
  const chosen = new Map();
  const part = async (docids, show) => {
    try {
      show(await explain(found.index, query, docids), match);
    } catch (fault) {
      tell(fault);
    }
  };
  const list = hitList(found, {
    open: (docid) => part([docid], (explained) => showDocument(explained.documents[0], match)),
    choose: (docid, box) => {
      if (box.checked) chosen.set(docid, box);
      else chosen.delete(docid);
      if (chosen.size < 2) return;
      part([...chosen.keys()], showPair);
      for (const one of chosen.values()) one.checked = false;
      chosen.clear();
    },
  });
  byId("results").append(list);
  if (!found.candidates.length) return;
  const explained = await explain(found.index, query, found.candidates.map((one) => one.docid).slice(0, 50), signal);
  match = matcher(explained.query.tokens);
  byId("token-lists").querySelector(`[data-index="${found.index}"]`)
    .replaceChildren(queryTokens(found.index, explained.query.tokens));
  byId("tokens").hidden = false;
  fillHits(list, found, explained, match);
}

byId("search").addEventListener("submit", (event) => {
  event.preventDefault();
  toAddress();
  run();
});
byId("compared-close").addEventListener("click", () => {
  byId("compared").hidden = true;
  byId("results").focus();
});
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepKey(byId("key").value);
  byId("key-form").hidden = true;
  start().catch(tell);
});
addEventListener("popstate", fromAddress);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) {
    event.preventDefault();
    byId("query").focus();
  }
});
start().catch(tell);
