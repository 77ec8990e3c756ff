// The data of the page, with what belongs to what.

import { Text, fold } from "./text.js";

export const KINDS = {
  meeting: { one: "meeting", many: "meetings", letter: "M", glyph: "●" },
  position: { one: "position", many: "positions", letter: "P", glyph: "◆" },
  quote: { one: "quote", many: "quotes", letter: "Q", glyph: "❝" },
};
export const OWN = { letter: "R", glyph: "▲" };
export const STATUSES = {
  held: { glyph: "●", words: "held" },
  ongoing: { glyph: "◐", words: "ongoing" },
  planned: { glyph: "○", words: "planned" },
  proposed: { glyph: "◌", words: "proposed" },
  declined: { glyph: "✕", words: "declined" },
};
export const STANCES = {
  supports: { glyph: "+", words: "supports" },
  opposes: { glyph: "−", words: "opposes" },
  mixed: { glyph: "±", words: "mixed" },
};
export const MODES = { in_person: "in person", call: "call" };

/** Say what a record is: `{one, many, letter, glyph}`; own types are called by their list's name. */
export function kindOf(record) {
  return KINDS[record.kind] ?? { ...OWN, one: record.kind, many: record.kind };
}

/** Build the model from the page's data. */
export function buildModel(data) {
  const model = {
    run: data.run,
    page: data.page,
    failures: data.failures,
    failed: data.failed,
    actors: new Map(data.actors.map((actor) => [actor.id, newActor(actor)])),
    issues: new Map(data.issues.map((issue) => [issue.id, { ...issue, positions: [] }])),
    articles: data.articles.map(newArticle),
    records: [],
    ownTypes: [],
  };
  model.articleById = new Map(model.articles.map((article) => [article.id, article]));
  for (const article of model.articles) addRecords(model, article);
  model.ownTypes = [...new Set(model.records.filter((r) => !KINDS[r.kind]).map((r) => r.kind))];
  model.named = [...model.actors.values()].filter((actor) => actor.records.length);
  for (const actor of model.named)
    actor.folded = fold(actor.forms.map((form) => form.name).join("\n"));
  return model;
}

function newActor(actor) {
  return { ...actor, related: actor.related ?? [], records: [], articles: new Set() };
}

function newArticle(article, index) {
  const text = new Text(article.text);
  return { ...article, index, text, heading: article.heading || article.id, records: [] };
}

function addRecords(model, article) {
  const add = (kind, number, entry, named, extra) => {
    const actors = [...new Set(named)].map((id) => model.actors.get(id));
    const record = { ...entry, ...extra, kind, number, id: `${kind}-${number}`, article, actors };
    article.records.push(record);
    model.records.push(record);
    for (const actor of actors) {
      actor.records.push(record);
      actor.articles.add(article);
    }
    return record;
  };
  article.meetings.forEach((entry, i) => {
    const when = entry.date?.iso ?? article.published;
    add(
      "meeting",
      i + 1,
      entry,
      entry.participants.map((p) => p.actor),
      { when },
    );
  });
  article.positions.forEach((entry, i) => {
    const record = add("position", i + 1, entry, [entry.holder.actor], { when: article.published });
    record.group = model.issues.get(entry.group);
    record.group.positions.push(record);
  });
  article.quotes.forEach((entry, i) => {
    add("quote", i + 1, entry, entry.speaker ? [entry.speaker.actor] : [], {
      when: article.published,
    });
  });
  const numbers = new Map();
  for (const entry of article.own) {
    const number = (numbers.get(entry.type) ?? 0) + 1;
    numbers.set(entry.type, number);
    add(entry.type, number, entry, [], { when: article.published });
  }
}

/** Return an actor's records of a kind. */
export function ofKind(actor, kind) {
  return actor.records.filter((record) => record.kind === kind);
}

/** Return the sentence that proves a record best. */
export function proof(record) {
  return record.article.text.slice(record.evidence[0]);
}

/** Return a quote's words. */
export function wordsOf(quote) {
  return quote.article.text.slice(quote.words);
}

/** Return everything that a search in a record looks at. */
export function haystack(record) {
  record.folded ??= fold(searched(record).join("\n"));
  return record.folded;
}

function searched(record) {
  const { article } = record;
  const parts = record.evidence.map((place) => article.text.slice(place));
  parts.push(article.id);
  for (const actor of record.actors) parts.push(actor.name);
  for (const named of record.participants ?? [record.holder ?? record.speaker ?? {}]) {
    parts.push(named.name ?? "", named.role ?? "", named.affiliation ?? "");
  }
  if (record.kind === "meeting") {
    parts.push(
      record.location ?? "",
      record.date?.text ?? "",
      record.date?.iso ?? "",
      ...record.topics,
    );
  } else if (record.kind === "position") {
    parts.push(record.issue, record.group.name);
  } else if (record.kind === "quote") {
    parts.push(wordsOf(record));
  } else {
    parts.push(JSON.stringify(record.fields));
  }
  return parts;
}
