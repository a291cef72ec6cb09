// The hits of one index, filled with bars once their scores are taken apart.

import { element, shownNumber, textOf } from "./dom.js";
import { bar, kindsLine, sharesTable } from "./tokens.js";
import { snippet, titleOf } from "./words.js";

export function hitList(found, actions) {
  const items = found.candidates.map((one) => hit(one, actions));
  const title = element("h2", {}, `${found.index}: ${items.length} ${items.length === 1 ? "hit" : "hits"}`);
  const none = element("p", {}, "No document holds any token of the query.");
  return element("section", { "aria-label": found.index }, title, items.length ? element("ol", {}, ...items) : none);
}

function hit(one, actions) {
  const text = textOf(one.doc);
  const open = element("button", { class: "title", type: "button", onclick: () => actions.open(one.docid) },
    text === null ? one.docid : titleOf(text) || one.docid);
  const choice = element("input", { type: "checkbox", onchange: (event) => actions.choose(one.docid, event.target) });
  const about = element("p", { class: "line soft" }, element("span", {}, `${one.rank}. ${one.docid}`),
    element("span", {}, `score ${shownNumber(one.score)}`), element("span", { class: "kinds" }),
    element("label", { class: "choice" }, choice, "compare", element("span", { class: "unseen" }, ` ${one.docid}`)));
  return element("li", { class: "hit", "data-docid": one.docid }, element("h3", {}, open), about,
    element("div", { class: "snippet-place" }), element("div", { class: "bar-place" }));
}

export function fillHits(list, found, explained, match) {
  const widest = Math.max(...explained.documents.map((one) => one.score), 0) || 1;
  const texts = new Map(found.candidates.map((one) => [one.docid, textOf(one.doc)]));
  const places = new Map([...list.querySelectorAll(".hit")].map((item) => [item.dataset.docid, item]));
  for (const one of explained.documents) {
    const item = places.get(one.docid);
    const text = texts.get(one.docid);
    if (text !== null) item.querySelector(".snippet-place").replaceChildren(snippet(text, match));
    item.querySelector(".kinds").textContent = kindsLine(one);
    item.querySelector(".bar-place").replaceChildren(bar(one, widest),
      element("details", {}, element("summary", { class: "soft" }, "tokens of the score"), sharesTable(one)));
  }
}
