// How a record is shown wherever it is: what it says, then the sentence that proves it, as a link.

import { bdi, h, joined } from "./dom.js";
import { MODES, STANCES, STATUSES, kindOf, wordsOf } from "./model.js";
import { href, without } from "./route.js";

/** A link to an actor's page. */
export function actorLink(named, filters, role = false) {
  const link = h(
    "a",
    { class: "actor", href: href("actor", [named.actor ?? named.id], without(filters, "actor")) },
    bdi(named.name),
  );
  const what = role ? [named.role, named.affiliation].filter(Boolean).join(", ") : "";
  return what ? [link, " ", h("span", { class: "role" }, "(", bdi(what), ")")] : link;
}

/** The address of a record: its article, at the sentence that proves it. */
export function recordHref(record, filters) {
  return href("article", [record.article.id, record.id], without(filters, "article"));
}

/** Show a record. */
export function recordCard(record, filters, { where = true, label = false } = {}) {
  return h(
    "article",
    {
      class: `card ${styleOf(record)}`,
      "data-record": record.id,
      "data-article": record.article.id,
    },
    h(
      "p",
      { class: "tag" },
      kindMark(record, label),
      detailsOf(record),
      where ? placeOf(record, filters) : null,
    ),
    claimOf(record, filters),
    record.evidence.map((place) => evidence(record, place, filters)),
  );
}

/** The class that gives a record the look of its kind. */
export function styleOf(record) {
  return `kind-${["meeting", "position", "quote", "unquoted"].includes(record.kind) ? record.kind : "own"}`;
}

/** A record's kind as a sign and a word, or as its label in the text. */
export function kindMark(record, label) {
  const kind = kindOf(record);
  const words = label ? `${kind.letter}${record.number}` : kind.one;
  return h(
    "span",
    { class: "kind" },
    h("span", { class: "glyph", "aria-hidden": "true" }, kind.glyph),
    bdi(words),
  );
}

/** A stance as a sign and a word. */
export function stanceMark(stance) {
  const { glyph, words } = STANCES[stance];
  return h("span", { class: `stance ${stance}` }, h("b", { "aria-hidden": "true" }, glyph), words);
}

/** A meeting's status as a sign and a word. */
export function statusMark(status) {
  const { glyph, words } = STATUSES[status];
  return h(
    "span",
    { class: `status ${status}` },
    h("span", { class: "glyph", "aria-hidden": "true" }, glyph),
    words,
  );
}

/** A sentence as a link to its place in the article. */
export function evidence(record, place, filters) {
  return h(
    "a",
    {
      class: "evidence",
      href: recordHref(record, filters),
      title: "Show it in the article",
      dir: "auto",
    },
    record.article.text.slice(place),
  );
}

function placeOf(record, filters) {
  return h("a", { class: "place", href: recordHref(record, filters) }, bdi(record.article.heading));
}

function detailsOf(record) {
  const parts = [];
  if (record.kind === "meeting") {
    parts.push(statusMark(record.status));
    if (record.mode) parts.push(MODES[record.mode]);
    if (record.date) parts.push(h("span", { class: "date" }, dateWords(record.date)));
    if (record.location) parts.push(bdi(record.location));
  } else if (record.form === "fragment") {
    parts.push("fragment");
  }
  return parts.map((part) => h("span", { class: "detail" }, part));
}

/** A date with the words that give it. */
export function dateWords(date) {
  const words = bdi(`“${date.text}”`);
  return date.iso
    ? [h("time", { datetime: date.iso }, date.iso), " ", h("span", { class: "role" }, words)]
    : words;
}

function claimOf(record, filters) {
  if (record.kind === "meeting") {
    const people = record.participants.map((named) =>
      h("span", {}, actorLink(named, filters, true)),
    );
    const topics = record.topics.length
      ? [
          " on ",
          joined(
            record.topics.map((topic) => bdi(topic)),
            "; ",
          ),
        ]
      : null;
    return h(
      "p",
      { class: "claim" },
      joined(people, " · "),
      topics && h("span", { class: "topics" }, topics),
    );
  }
  if (record.kind === "position") {
    return h(
      "p",
      { class: "claim" },
      actorLink(record.holder, filters, true),
      " ",
      stanceMark(record.stance),
      " ",
      bdi(record.issue, { class: "issue" }),
    );
  }
  if (record.kind === "quote") return quoteClaim(record, filters);
  return ownFields(record.fields);
}

function quoteClaim(quote, filters) {
  const speaker = quote.speaker
    ? actorLink(quote.speaker, filters, true)
    : h("span", { class: "role" }, "speaker not known");
  return h(
    "p",
    { class: "claim" },
    h("q", { dir: "auto" }, wordsOf(quote)),
    h("span", { class: "by" }, " — ", speaker),
  );
}

function ownFields(fields) {
  const rows = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return h(
    "dl",
    { class: "fields" },
    rows.map(([name, value]) => [
      h("dt", {}, bdi(name.replaceAll("_", " "))),
      h("dd", {}, bdi(plainValue(value))),
    ]),
  );
}

/** Write a value of a user's own field: names, dates and spans by their words. */
export function plainValue(value) {
  if (Array.isArray(value)) return value.map(plainValue).join("; ");
  if (value === null || typeof value !== "object")
    return value === true ? "yes" : value === false ? "no" : String(value ?? "");
  if (typeof value.name === "string")
    return value.role ? `${value.name} (${value.role})` : value.name;
  if (typeof value.text === "string")
    return value.iso ? `${value.text} (${value.iso})` : value.text;
  return JSON.stringify(value);
}
