// One document in a dialog; two documents side by side; the same search elsewhere.

import { byId, element, shownNumber, textOf } from "./dom.js";
import { route } from "./api.js";
import { differencesTable, nameOf, sharesTable } from "./tokens.js";
import { marked } from "./words.js";

export function showDocument(one, match) {
  const dialog = byId("document");
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const head = element("div", { class: "head" }, element("h2", { id: "document-title" }, one.docid), close);
  dialog.replaceChildren(head, said(one), whole(one, match), sharesTable(one));
  dialog.showModal();
}

export function showPair(explained, match) {
  const [first, second] = explained.documents;
  const articles = explained.documents.map((one) =>
    element("article", {}, element("h3", {}, one.docid), said(one), whole(one, match)));
  byId("compared-body").replaceChildren(
    element("p", {}, explained.verdict ? named(explained.verdict) : leadOf(first, second)),
    differencesTable(first, second),
    element("div", { class: "pair" }, ...articles));
  byId("compared").hidden = false;
  byId("compared-title").focus();
}

// Stems are named as everywhere on the page.
function named(verdict) {
  const [who, why] = verdict.split(/: (.*)/su);
  return why ? `${who}: ${why.replace(/~[^\s(]+/gu, nameOf)}` : who;
}

function leadOf(first, second) {
  const [ahead, behind] = first.score >= second.score ? [first, second] : [second, first];
  return `${ahead.docid} leads ${behind.docid} by ${shownNumber(ahead.score - behind.score)}.`;
}

function said(one) {
  const place = one.rank === null ? "below the first thousand" : `rank ${shownNumber(one.rank)}`;
  return element("p", { class: "soft" }, `${place}, score ${shownNumber(one.score)}`);
}

function whole(one, match) {
  const text = textOf(one.doc);
  if (text === null) return element("p", { class: "soft" }, "This index keeps no texts (--store-text keeps them).");
  return element("p", { class: "whole" }, marked(text, match));
}

export function showCommands(index, query, hits) {
  const address = `${location.origin}${route(index, "search")}?${new URLSearchParams([["query", query], ["hits", hits]])}`;
  const curl = `curl '${address.replaceAll("'", "%27")}'`;
  const python = [
    "import json, urllib.request",
    "",
    `address = ${JSON.stringify(address)}`,
    "with urllib.request.urlopen(address) as answer:",
    '    for one in json.load(answer)["candidates"]:',
    '        print(one["rank"], one["docid"], one["score"])',
  ].join("\n");
  byId("command-list").replaceChildren(
    element("p", {}, element("a", { href: address }, "the answer as JSON")),
    command("curl", curl), command("Python", python));
  byId("commands").hidden = false;
}

function command(name, text) {
  const done = element("span", { class: "soft", role: "status" });
  const copy = element("button", {
    type: "button",
    onclick: async () => {
      await navigator.clipboard.writeText(text);
      done.textContent = " copied";
    },
  }, `Copy ${name}`);
  return element("div", {}, element("p", {}, name, " ", copy, done), element("pre", { tabindex: "0" }, element("code", {}, text)));
}
