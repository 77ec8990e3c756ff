// The table of actors.

import { bdi, count, counted, h } from "./dom.js";
import { actorsMeant, matching } from "./filters.js";
import { href, without } from "./route.js";

const ROWS = 60;

export const actorsView = {
  base: () => [],
  render(app) {
    const { model, filters } = app;
    const rows = tallies(model, filters);
    return [
      h("h1", {}, counted(rows.length, "actor")),
      rows.length
        ? table(rows, filters)
        : h("p", { class: "empty" }, "No actor matches the filters."),
    ];
  },
};

function tallies(model, filters) {
  const meant = filters.actor ? actorsMeant(model, filters.actor) : null;
  const rows = new Map();
  for (const record of matching(model, filters)) {
    for (const actor of record.actors) {
      if (meant && !meant.has(actor)) continue;
      const row = rows.get(actor) ?? {
        actor,
        meeting: 0,
        position: 0,
        quote: 0,
        articles: new Set(),
      };
      row[record.kind] += 1;
      row.articles.add(record.article);
      rows.set(actor, row);
    }
  }
  const sum = (row) => row.meeting + row.position + row.quote;
  return [...rows.values()].sort(
    (a, b) => sum(b) - sum(a) || (a.actor.name < b.actor.name ? -1 : 1),
  );
}

function table(rows, filters) {
  const body = h("tbody", {});
  const more = h("button", { type: "button", class: "more", onclick: () => add() });
  let shown = 0;
  const add = () => {
    body.append(...rows.slice(shown, shown + ROWS).map((row) => line(row, filters)));
    shown = Math.min(rows.length, shown + ROWS);
    more.hidden = shown === rows.length;
    more.textContent = `Show more of ${count(rows.length - shown)} actors`;
  };
  add();
  const head = ["Actor", "Meetings", "Positions", "Quotes", "Articles"].map((words, i) =>
    h("th", { scope: "col", class: i ? "number" : null }, words),
  );
  return h(
    "div",
    {},
    h(
      "div",
      { class: "wide" },
      h(
        "table",
        { class: "table" },
        h("caption", { class: "unseen" }, "Actors by number of records"),
        h("thead", {}, h("tr", {}, head)),
        body,
      ),
    ),
    rows.length > shown ? more : null,
  );
}

function line({ actor, articles, ...row }, filters) {
  const others = actor.forms
    .slice(1)
    .map((form) => form.name)
    .join(" · ");
  const number = (value) => h("td", { class: value ? "number" : "number none" }, count(value));
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { href: href("actor", [actor.id], without(filters, "actor")) }, bdi(actor.name)),
      others && h("span", { class: "also" }, " also ", bdi(others)),
    ),
    number(row.meeting),
    number(row.position),
    number(row.quote),
    number(articles.size),
  );
}
