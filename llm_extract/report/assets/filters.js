// Which records the filters let through.

import { haystack } from "./model.js";
import { fold } from "./text.js";

/** Divide a search into what all has to be found: words, and phrases in quotation marks. */
export function termsOf(query) {
  const found = fold(query ?? "").matchAll(/"([^"]+)"?|(\S+)/g);
  return [...found].map((term) => (term[1] ?? term[2]).trim()).filter(Boolean);
}

/** Return the records that pass all filters, in source order. */
export function matching(model, filters, records = model.records) {
  const tests = testsOf(model, filters);
  return tests.length ? records.filter((record) => tests.every((test) => test(record))) : records;
}

/** Return the actors that the filter means: one by its id, or all of that name, or with it in one. */
export function actorsMeant(model, wanted) {
  const one = model.actors.get(wanted);
  if (one) return new Set([one]);
  const like = actorsLike(model, wanted);
  const same = like.filter((actor) => actor.folded.split("\n").includes(fold(wanted)));
  return new Set(same.length ? same : like);
}

/** Return the actors with some words in one of their names. */
export function actorsLike(model, words) {
  const folded = fold(words);
  return model.named.filter((actor) => actor.folded.includes(folded));
}

/** Return the articles that the filter for articles means. */
export function articlesMeant(model, wanted) {
  const one = model.articleById.get(wanted);
  if (one) return new Set([one]);
  const folded = fold(wanted);
  return new Set(model.articles.filter((a) => fold(`${a.id}\n${a.heading}`).includes(folded)));
}

/** Say whether a date, perhaps only a year or a month, may lie within bounds. */
export function within(when, from, to) {
  if (!when) return false;
  return !(from && `${when}-99-99`.slice(0, 10) < from) && !(to && when > to.slice(0, when.length));
}

function testsOf(model, filters) {
  const tests = [];
  const { kind, status, stance, actor, article, from, to, q } = filters;
  if (kind) tests.push((record) => record.kind === kind);
  if (status) tests.push((record) => record.status === status && record.kind === "meeting");
  if (stance) tests.push((record) => record.stance === stance && record.kind === "position");
  if (article) {
    const meant = articlesMeant(model, article);
    tests.push((record) => meant.has(record.article));
  }
  if (actor) {
    const meant = actorsMeant(model, actor);
    const names = new Set([...meant].flatMap((one) => one.forms.map((form) => form.name)));
    tests.push(
      (r) => r.actors.some((one) => meant.has(one)) || (r.fields && hasName(r.fields, names)),
    );
  }
  if (from || to) tests.push((record) => within(record.when, from, to));
  const terms = termsOf(q);
  if (terms.length) tests.push((record) => terms.every((term) => haystack(record).includes(term)));
  return tests;
}

/** Say whether a record of a user's own type names one of some actors. */
function hasName(value, names) {
  if (value === null || typeof value !== "object") return false;
  return names.has(value.name) || Object.values(value).some((part) => hasName(part, names));
}
