// One article: its text with the evidence marked, and its records beside it.

import { bdi, counted, h } from "./dom.js";
import { recordCard } from "./cards.js";
import { matching } from "./filters.js";
import { focusOn } from "./lists.js";
import { KINDS } from "./model.js";
import { droppedDraft } from "./overview.js";
import { href, without } from "./route.js";
import { layersOf, markedText, recordsAt } from "./marks.js";

const PLURALS = {
  ...Object.fromEntries(Object.entries(KINDS).map(([kind, { many }]) => [kind, many])),
  unquoted: "judged not to be quotes",
};

export const articleView = {
  base: (route) => route.parts.slice(0, 1),
  render(app) {
    const { model, route, filters } = app;
    const article = model.articleById.get(route.parts[0]);
    if (!article) return missing(model);
    const passed = new Set(matching(model, filters, article.records));
    const layers = layersOf(article);
    const text = markedText(article, layers, without(filters, "article"));
    text.addEventListener("click", (event) => clickText(event, app, article));
    return [
      head(model, article, filters),
      passed.size < article.records.length &&
        h(
          "p",
          { class: "notice" },
          `The filters let ${counted(passed.size, "record")} of ${article.records.length} through; the others are pale. `,
          h("a", { href: href("article", route.parts) }, "Show all"),
        ),
      legend(article),
      h(
        "div",
        { class: "reading" },
        h("section", { class: "text", "aria-label": "Text of the article" }, text),
        h(
          "section",
          { class: "beside", "aria-label": "Records of the article" },
          cards(article, passed, filters),
          about(article),
        ),
      ),
    ];
  },
  select(app, how) {
    const { main, route } = app;
    const article = app.model.articleById.get(route.parts[0]);
    if (!article) return;
    const id = route.parts[1];
    for (const card of main.querySelectorAll(".card"))
      card.classList.toggle("on", card.dataset.record === id);
    for (const piece of main.querySelectorAll(".piece")) {
      piece.classList.toggle("on", Boolean(id) && piece.dataset.records.split(" ").includes(id));
      piece.classList.toggle("near", Boolean(id) && piece.dataset.around.split(" ").includes(id));
    }
    for (const chip of main.querySelectorAll(".mark"))
      chip.classList.toggle("on", chip.dataset.record === id);
    const card = main.querySelector(".card.on");
    const mark = main.querySelector(".mark.on");
    if (!card) {
      if (how.first) focusHeading(main, how);
      return;
    }
    const fromText = document.activeElement?.closest?.(".marked") && !how.first;
    showIn(main.querySelector(".beside"), card);
    if (fromText) focusOn(card, { preventScroll: true });
    else {
      mark?.scrollIntoView({ block: window.innerWidth < 800 ? "start" : "center" });
      focusOn(mark, { preventScroll: true });
    }
  },
  step({ main, filters, route }, by) {
    const cards = [...main.querySelectorAll(".card:not(.pale)")];
    const at = cards.findIndex((card) => card.classList.contains("on"));
    const next =
      cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : (at + by + cards.length) % cards.length];
    if (!next) return;
    document.activeElement?.blur();
    location.hash = href("article", [route.parts[0], next.dataset.record], filters);
  },
  turn({ model, route, filters }, by) {
    const article = model.articleById.get(route.parts[0]);
    const next = article && model.articles[article.index + by];
    if (next) location.hash = href("article", [next.id], without(filters, "article"));
  },
};

function missing({ page }) {
  const words =
    page.pages > 1
      ? `It may be on another page: this one holds articles ${page.start + 1} to ${page.start + page.articles} of ${page.total}.`
      : "The report has no article of that address.";
  return [
    h("h1", { tabindex: "-1" }, "No such article"),
    h("p", {}, words, " ", h("a", { href: href("articles") }, "All articles")),
  ];
}

function focusHeading(main, how) {
  if (how.followed) main.querySelector("h1")?.focus({ preventScroll: true });
}

/** Scroll a part of the page to a thing in it, and not the page. */
function showIn(box, thing) {
  const scrolls = getComputedStyle(box).overflowY !== "visible";
  if (scrolls)
    box.scrollTop += thing.getBoundingClientRect().top - box.getBoundingClientRect().top - 44; // under the heading
}

function head(model, article, filters) {
  const turn = (by, words, glyph) => {
    const other = model.articles[article.index + by];
    return (
      other &&
      h(
        "a",
        {
          href: href("article", [other.id], without(filters, "article")),
          title: other.heading,
          "aria-label": `${words}: ${other.heading}`,
        },
        glyph,
      )
    );
  };
  return h(
    "div",
    { class: "article-head" },
    h(
      "p",
      { class: "over" },
      h("a", { href: href("articles", [], filters) }, "Articles"),
      h(
        "span",
        { class: "turns" },
        turn(-1, "Previous article", "‹ previous"),
        turn(1, "Next article", "next ›"),
      ),
    ),
    h("h1", { tabindex: "-1", dir: "auto" }, article.heading),
    h(
      "p",
      { class: "meta" },
      [
        article.published && h("time", { datetime: article.published }, article.published),
        bdi(article.id),
        article.url &&
          h(
            "a",
            { href: article.url, rel: "noopener noreferrer", target: "_blank" },
            bdi(hostOf(article.url)),
            " ↗",
          ),
      ]
        .filter(Boolean)
        .map((part) => h("span", { class: "detail" }, part)),
    ),
  );
}

function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

/** The kinds with how they are marked; each can be taken out of the text. */
function legend(article) {
  const kinds = [...Object.keys(KINDS), "own", "unquoted"];
  const number = (kind) =>
    kind === "unquoted"
      ? (article.unquoted?.length ?? 0)
      : article.records.filter((record) =>
          kind === "own" ? !KINDS[record.kind] : record.kind === kind,
        ).length;
  const names = { own: "other records", ...PLURALS };
  return h(
    "fieldset",
    { class: "legend" },
    h("legend", { class: "unseen" }, "Marked in the text"),
    kinds.filter(number).map((kind) =>
      h(
        "label",
        { class: `kind-${kind}` },
        h("input", {
          type: "checkbox",
          checked: true,
          onchange: (event) =>
            event.target.closest("main").classList.toggle(`without-${kind}`, !event.target.checked),
        }),
        h("span", { class: "sample" }, names[kind]),
        h("span", { class: "n" }, number(kind)),
      ),
    ),
  );
}

function cards(article, passed, filters) {
  const groups = new Map();
  for (const record of article.records)
    groups.set(record.kind, [...(groups.get(record.kind) ?? []), record]);
  const shown = [...groups].map(([kind, records]) =>
    h(
      "section",
      {},
      h(
        "h2",
        {},
        bdi(capital(PLURALS[kind] ?? kind)),
        " ",
        h("span", { class: "n" }, records.length),
      ),
      records.map((record) => {
        const card = recordCard(record, filters, { where: false, label: true });
        card.classList.toggle("pale", !passed.has(record));
        return card;
      }),
    ),
  );
  if (!article.records.length)
    shown.push(h("p", { class: "empty" }, "This article gave no records."));
  if (article.unquoted?.length) shown.push(unquoted(article, filters));
  return shown;
}

function unquoted(article, filters) {
  return h(
    "section",
    {},
    h("h2", {}, "Judged not to be quotes ", h("span", { class: "n" }, article.unquoted.length)),
    h(
      "p",
      { class: "meta" },
      "Words in quotation marks that nobody is quoted with: titles, terms, scare quotes.",
    ),
    article.unquoted.map((place, index) =>
      h(
        "article",
        { class: "card kind-unquoted", "data-record": `unquoted-${index + 1}` },
        h(
          "a",
          {
            class: "evidence",
            dir: "auto",
            href: href("article", [article.id, `unquoted-${index + 1}`], filters),
          },
          article.text.slice(place),
        ),
      ),
    ),
  );
}

function about(article) {
  const facts = [];
  if (article.unquoted === undefined)
    facts.push(
      h(
        "p",
        { class: "meta" },
        "Which words in quotation marks are no quotes is not known here: quotes were not asked for, or an answer was lost.",
      ),
    );
  if (article.dropped.length)
    facts.push(
      h(
        "details",
        { class: "dropped" },
        h("summary", {}, counted(article.dropped.length, "dropped draft")),
        h(
          "ul",
          { class: "plain reasons" },
          article.dropped.map((draft) => h("li", {}, droppedDraft(draft))),
        ),
      ),
    );
  return facts;
}

function capital(words) {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Select the record whose words were clicked; clicking again goes through those that overlap. */
function clickText(event, app, article) {
  const piece = event.target.closest(".piece");
  if (!piece || event.target.closest(".mark") || !window.getSelection().isCollapsed) return;
  const ids = recordsAt(piece).filter(
    (id) => !app.main.classList.contains(`without-${styleName(id)}`),
  );
  if (!ids.length) return;
  const now = location.hash.replace(/\?.*/, "").split("/")[3];
  const id = ids[(ids.indexOf(decodeURIComponent(now ?? "")) + 1) % ids.length];
  const mark = piece.closest(".marked").querySelector(`.mark[data-record="${CSS.escape(id)}"]`);
  mark?.focus({ preventScroll: true });
  location.hash = href("article", [article.id, id], app.filters);
}

function styleName(id) {
  const kind = id.replace(/-\d+$/, "");
  return KINDS[kind] || kind === "unquoted" ? kind : "own";
}
