// Tokens: those of a query, and what each gives to a document's score.

import { element, shownNumber, sized, table } from "./dom.js";

const KINDS = { text: "text", expansion: "expansion", stem: "stem" };
const classOf = (kind) => KINDS[kind] ?? "unknown";

// Of the widest bar, from where a token's name has room in its part.
const ROOM = 0.09;

// A stem is named by a tilde before it.
export const nameOf = (token) => (/^~[^~]/.test(token) ? `${token.slice(1).replaceAll("~", ".")}…` : token);

export function queryTokens(name, tokens) {
  const items = tokens.map((one) => {
    const shown = element("span", { class: "token" }, nameOf(one.token));
    const said = one.known
      ? element("span", { class: "idf" }, one.idf === null ? "" : ` IDF ${one.idf.toFixed(2)}`)
      : element("span", { class: "idf" }, " unknown");
    return element("li", { title: one.stem ? "stem" : "token" }, one.known ? shown : element("del", {}, shown), said);
  });
  return element("div", {}, element("p", { class: "soft" }, name),
    element("ul", { class: "tokens", "aria-label": `tokens of the query in ${name}` }, ...items));
}

export function bar(documentFound, widest) {
  const parts = documentFound.tokens.filter((one) => one.product > 0);
  const segments = parts.map((one) => {
    const width = one.product / widest;
    const segment = element("span", {
      class: classOf(one.kind),
      title: `${nameOf(one.token)}: ${shownNumber(one.product)} (${one.kind})`,
    }, width < ROOM ? "" : element("b", {}, nameOf(one.token)));
    return sized(segment, `${100 * width}%`);
  });
  const said = parts.slice(0, 5).map((one) => `${nameOf(one.token)} ${Math.round(100 * one.share)} %`);
  return element("div", { class: "bar", role: "img", "aria-label": `Score: ${said.join(", ")}` }, ...segments);
}

export function kindsLine(documentFound) {
  const shares = new Map();
  for (const one of documentFound.tokens) {
    if (one.product > 0) shares.set(one.kind, (shares.get(one.kind) ?? 0) + one.share);
  }
  const parts = [...shares].map(([kind, share]) => `${Math.round(100 * share)} % ${kind === "?" ? "tokens" : kind}`);
  return parts.join(" · ");
}

export function sharesTable(documentFound) {
  const most = Math.max(...documentFound.tokens.map((one) => one.share), 0) || 1;
  const rows = documentFound.tokens.map((one) => {
    const fill = sized(element("span", { class: `fill ${classOf(one.kind)}` }), `${(7 * one.share) / most}rem`);
    return [
      element("span", { class: "token" }, nameOf(one.token)),
      one.kind,
      shownNumber(one.query_impact),
      shownNumber(one.document_impact),
      shownNumber(one.product),
      element("span", { class: "share" }, `${(100 * one.share).toFixed(1)} %`, element("span", { class: "meter" }, fill)),
    ];
  });
  return table(["token", "from", "query", "document", "product", "share"], rows);
}

export function differencesTable(first, second) {
  const others = new Map(second.tokens.map((one) => [one.token, one]));
  const rows = first.tokens
    .map((one) => ({ one, other: others.get(one.token), lead: one.product - (others.get(one.token)?.product ?? 0) }))
    .sort((a, b) => Math.abs(b.lead) - Math.abs(a.lead))
    .map(({ one, other, lead }) => [
      element("span", { class: "token" }, nameOf(one.token)),
      shownNumber(one.product),
      one.kind,
      shownNumber(other?.product ?? 0),
      other?.kind ?? "absent",
      `${lead > 0 ? "+" : ""}${shownNumber(lead)}`,
    ]);
  return table(["token", first.docid, "from", second.docid, "from", "lead"], rows);
}
