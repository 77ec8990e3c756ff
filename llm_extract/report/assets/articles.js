// The list of articles.

import { bdi, count, counted, h } from "./dom.js";
import { articlesMeant, matching, termsOf } from "./filters.js";
import { longList } from "./lists.js";
import { KINDS } from "./model.js";
import { href, without } from "./route.js";
import { fold } from "./text.js";

export const articlesView = {
  base: () => [],
  render(app) {
    const { model, filters } = app;
    const found = articlesFound(model, filters);
    return [
      h("h1", {}, counted(found.length, "article")),
      found.length
        ? longList(found, ({ article, records }) => entry(article, records, filters), {
            tag: "ol",
            what: "articles",
            class: "plain articles",
          })
        : h("p", { class: "empty" }, "No article matches the filters."),
    ];
  },
};

/** Return the articles with the records that pass; without filters all, with a search also those whose text has the words. */
export function articlesFound(model, filters) {
  const records = new Map(model.articles.map((article) => [article, []]));
  for (const record of matching(model, filters)) records.get(record.article).push(record);
  const others = Object.keys(without(filters, "q", "article"));
  const terms = termsOf(filters.q);
  const meant = filters.article ? articlesMeant(model, filters.article) : null;
  const holds = (article) => {
    article.folded ??= fold(`${article.id}\n${article.heading}\n${article.text.string}`);
    return terms.every((term) => article.folded.includes(term));
  };
  return model.articles
    .filter(
      (article) =>
        records.get(article).length ||
        (!others.length && (!meant || meant.has(article)) && holds(article)),
    )
    .map((article) => ({ article, records: records.get(article) }));
}

function entry(article, records, filters) {
  const numbers = Object.entries(KINDS).map(([kind, { one, many, glyph }]) => {
    const number = records.filter((record) => record.kind === kind).length;
    return h(
      "span",
      { class: `tally kind-${kind}${number ? "" : " none"}` },
      h("span", { class: "glyph", "aria-hidden": "true" }, glyph),
      `${count(number)} ${number === 1 ? one : many}`,
    );
  });
  const own = records.filter((record) => !KINDS[record.kind]).length;
  if (own)
    numbers.push(
      h(
        "span",
        { class: "tally kind-own" },
        h("span", { class: "glyph", "aria-hidden": "true" }, "▲"),
        `${count(own)} other`,
      ),
    );
  return h(
    "li",
    {},
    h(
      "a",
      { class: "title", href: href("article", [article.id], without(filters, "article")) },
      bdi(article.heading),
    ),
    h(
      "p",
      { class: "meta" },
      article.published && [h("time", { datetime: article.published }, article.published), " · "],
      bdi(article.id),
    ),
    h("p", { class: "tallies" }, numbers),
  );
}
