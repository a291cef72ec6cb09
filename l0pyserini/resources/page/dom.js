// Elements are made here alone, and text goes into them as text: nothing is ever read as HTML.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "class") made.className = value ?? "";
    else if (typeof value === "boolean") made.toggleAttribute(key, value);
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

const isWord = (cell) => typeof cell === "string" && /^\p{L}/u.test(cell);

// Columns of words stand to the left, those of numbers to the right.
export function table(header, rows) {
  const classes = header.map((_, place) => (rows.some((row) => isWord(row[place])) ? "word" : null));
  const head = element("tr", {}, ...header.map((name, place) => element("th", { scope: "col", class: classes[place] }, name)));
  const body = rows.map((row) => element("tr", {}, ...row.map((cell, place) => element("td", { class: classes[place] }, cell))));
  return element("div", { class: "wide", tabindex: "0", role: "group", "aria-label": header.join(", ") },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

// The policy of the page allows a width that a script sets, and none in an attribute.
export function sized(made, width) {
  made.style.width = width;
  return made;
}

export function shownNumber(value) {
  if (value === null || value === undefined) return "";
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(4);
}

// A document is a text, or an object with one among its fields.
export function textOf(doc) {
  if (doc === null || doc === undefined) return null;
  if (typeof doc === "string") return doc;
  const named = ["contents", "text", "body"].map((name) => doc[name]).find((one) => typeof one === "string");
  const whole = named ?? JSON.stringify(doc, null, 1);
  return typeof doc.title === "string" ? `${doc.title}\n${whole}` : whole;
}
