// All records: what a search finds, whatever its kind, and articles that hold the words.

import { bdi, count, counted, h } from "./dom.js";
import { recordCard } from "./cards.js";
import { matching, termsOf } from "./filters.js";
import { longList } from "./lists.js";
import { href, without } from "./route.js";
import { fold } from "./text.js";

const TEXTS_SHOWN = 6;

export const recordsView = {
  base: () => [],
  render(app) {
    const { model, filters } = app;
    const found = matching(model, filters);
    return [
      h(
        "h1",
        {},
        Object.keys(filters).length ? `${counted(found.length, "record")} found` : "All records",
      ),
      textsFound(model, filters),
      found.length
        ? longList(found, (record) => recordCard(record, filters), {
            what: "records",
            class: "cards",
          })
        : h(
            "p",
            { class: "empty" },
            "No record matches. Take a filter away above, or search for fewer words.",
          ),
    ];
  },
};

/** Show articles that hold the searched words outside of any record that does. */
function textsFound(model, filters) {
  const terms = termsOf(filters.q);
  if (!terms.length || Object.keys(filters).length > 1) return null;
  const found = model.articles.filter((article) => {
    article.folded ??= fold(`${article.id}\n${article.heading}\n${article.text.string}`);
    return terms.every((term) => article.folded.includes(term));
  });
  if (!found.length) return null;
  const all = href("articles", [], filters);
  return h(
    "section",
    { class: "texts", "aria-labelledby": "texts-title" },
    h("h2", { id: "texts-title" }, `In the text of ${counted(found.length, "article")}`),
    h(
      "ul",
      { class: "plain" },
      found
        .slice(0, TEXTS_SHOWN)
        .map((article) =>
          h(
            "li",
            {},
            h(
              "a",
              { href: href("article", [article.id], without(filters, "article")) },
              bdi(article.heading),
            ),
          ),
        ),
    ),
    found.length > TEXTS_SHOWN &&
      h("p", {}, h("a", { href: all }, `All ${count(found.length)} articles`)),
  );
}
