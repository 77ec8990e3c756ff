// Who said what: quotes by speaker.

import { bdi, count, counted, h } from "./dom.js";
import { evidence, recordHref } from "./cards.js";
import { matching } from "./filters.js";
import { longList } from "./lists.js";
import { wordsOf } from "./model.js";
import { href, without } from "./route.js";

const FEW = 5;

export const quotesView = {
  render(app) {
    const { model, route, filters } = app;
    const quotes = matching(model, filters).filter((record) => record.kind === "quote");
    const speakers = bySpeaker(quotes);
    const chosen = route.parts.length
      ? speakers.filter(({ id }) => id === route.parts[0])
      : speakers;
    if (!chosen.length)
      return [
        h("h1", {}, "Who said what"),
        h("p", { class: "empty" }, "No quote matches the filters."),
      ];
    return [
      h("h1", {}, "Who said what"),
      h(
        "p",
        { class: "lead" },
        `${counted(quotes.length, "quote")} of ${counted(speakers.filter(({ actor }) => actor).length, "speaker")}. The search above looks in the words, the names and the sentences around them.`,
      ),
      h(
        "div",
        { class: "quotes" },
        h(
          "nav",
          { class: "speakers", "aria-label": "Speakers" },
          route.parts.length > 0 &&
            h("p", {}, h("a", { href: href("quotes", [], filters) }, "All speakers")),
          longList(speakers, (one) => index(one, route, filters), {
            tag: "ol",
            step: 40,
            what: "speakers",
            class: "plain ranked",
          }),
        ),
        longList(chosen, (one) => section(one, filters, route.parts.length > 0), {
          step: 20,
          what: "speakers",
        }),
      ),
    ];
  },
};

function bySpeaker(quotes) {
  const groups = new Map();
  for (const quote of quotes) {
    const actor = quote.actors[0] ?? null;
    if (!groups.has(actor)) groups.set(actor, { id: actor?.id ?? "?", actor, quotes: [] });
    groups.get(actor).quotes.push(quote);
  }
  return [...groups.values()].sort(
    (a, b) =>
      !a.actor - !b.actor ||
      b.quotes.length - a.quotes.length ||
      (a.actor.name < b.actor.name ? -1 : 1),
  );
}

function nameOf({ actor }) {
  return actor ? bdi(actor.name) : "Speaker not known";
}

function index(one, route, filters) {
  return h(
    "li",
    {},
    h(
      "a",
      {
        href: href("quotes", [one.id], filters),
        "aria-current": route.parts[0] === one.id ? "true" : null,
      },
      nameOf(one),
    ),
    h("span", { class: "n" }, count(one.quotes.length)),
  );
}

function section(one, filters, whole) {
  return h(
    "section",
    { class: "speaker" },
    h(
      "h2",
      {},
      one.actor
        ? h("a", { href: href("actor", [one.actor.id], without(filters, "actor")) }, nameOf(one))
        : nameOf(one),
      " ",
      h("span", { class: "n" }, count(one.quotes.length)),
    ),
    longList(one.quotes, (quote) => said(quote, filters), {
      step: whole ? 60 : FEW,
      what: "quotes",
    }),
  );
}

function said(quote, filters) {
  const [place] = quote.evidence;
  return h(
    "figure",
    { class: "said", "data-record": quote.id, "data-article": quote.article.id },
    h(
      "blockquote",
      { dir: "auto" },
      h("a", { href: recordHref(quote, filters), title: "Show it in the article" }, wordsOf(quote)),
    ),
    h(
      "figcaption",
      {},
      quote.form === "fragment" && h("span", { class: "detail" }, "fragment"),
      h(
        "span",
        { class: "detail" },
        quote.article.published && [
          h("time", { datetime: quote.article.published }, quote.article.published),
          " ",
        ],
        h("a", { class: "place", href: recordHref(quote, filters) }, bdi(quote.article.heading)),
      ),
      h("details", {}, h("summary", {}, "sentence"), evidence(quote, place, filters)),
    ),
  );
}
