// Texts with the query's words marked, and the part of a text that holds most of them.

import { element } from "./dom.js";

const WIDTH = 42;
const TITLE = 90;

const plain = (word) => word.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Tells of a word whether the query asks for it: "text", "stem" or null.
export function matcher(tokens) {
  const known = tokens.filter((one) => one.known);
  const whole = new Set(known.filter((one) => !one.stem && !one.token.startsWith("##")).map((one) => one.token));
  const stems = known.filter((one) => one.stem).map((one) => one.token.slice(1)).filter((one) => one.length > 2);
  return (word) => {
    const letters = plain(word);
    if (whole.has(letters)) return "text";
    return stems.some((stem) => letters.startsWith(stem) && letters.length <= stem.length + 5) ? "stem" : null;
  };
}

const pieces = (text) => text.match(/[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? [];
const isWord = (piece) => /^[\p{L}\p{N}]/u.test(piece);

export function marked(text, match) {
  const made = document.createDocumentFragment();
  for (const piece of pieces(text)) {
    const kind = isWord(piece) ? match(piece) : null;
    made.append(kind ? element("mark", { class: kind === "stem" ? "stem" : "" }, piece) : piece);
  }
  return made;
}

export function titleOf(text) {
  const line = text.split("\n").find((one) => one.trim()) ?? text;
  const short = line.trim();
  return short.length <= TITLE ? short : `${short.slice(0, TITLE).replace(/\s+\S*$/u, "")} …`;
}

export function snippet(text, match) {
  const all = text.split(/\s+/u).filter(Boolean);
  const held = all.map((word) => (pieces(word).some((piece) => isWord(piece) && match(piece)) ? 1 : 0));
  let best = 0;
  let count = 0;
  let most = -1;
  held.forEach((one, place) => {
    count += one - (held[place - WIDTH] ?? 0);
    if (count > most) {
      most = count;
      best = Math.max(0, place - WIDTH + 1);
    }
  });
  const shown = all.slice(best, best + WIDTH).join(" ");
  return element("p", { class: "snippet" }, best ? "… " : "", marked(shown, match),
    best + WIDTH < all.length ? " …" : "");
}
