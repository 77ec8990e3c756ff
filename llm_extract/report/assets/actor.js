// One actor: its names and why they are one, whom it is related to, and all its records.

import { bdi, counted, h } from "./dom.js";
import { actorLink, recordCard, stanceMark } from "./cards.js";
import { matching } from "./filters.js";
import { longList } from "./lists.js";
import { STANCES } from "./model.js";
import { href, without } from "./route.js";

export const actorView = {
  render(app) {
    const { model, route, filters } = app;
    const actor = model.actors.get(route.parts[0]);
    if (!actor)
      return [
        h("h1", {}, "No such actor"),
        h(
          "p",
          {},
          "This page of the report has no actor of that address. ",
          h("a", { href: href("actors") }, "All actors"),
        ),
      ];
    const passed = matching(model, filters, actor.records);
    const hidden = actor.records.length - passed.length;
    const of = (kind) => passed.filter((record) => record.kind === kind);
    return [
      h("p", { class: "over" }, h("a", { href: href("actors", [], filters) }, "Actors")),
      h("h1", {}, bdi(actor.name)),
      hidden > 0 &&
        h(
          "p",
          { class: "notice" },
          `The filters hide ${counted(hidden, "record")} of this actor. `,
          h("a", { href: href("actor", [actor.id]) }, "Show all"),
        ),
      h(
        "div",
        { class: "halves" },
        names(actor, filters),
        h("div", {}, company(actor, of("meeting"), filters), related(model, actor, filters)),
      ),
      section("Meetings", of("meeting"), filters),
      positions(of("position"), filters),
      section("Quotes", of("quote"), filters),
    ];
  },
};

function names(actor, filters) {
  const rows = actor.forms.map((form, index) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, bdi(form.name)),
      h(
        "td",
        {},
        index
          ? [form.reason, form.like && form.like !== form.name ? [": like ", bdi(form.like)] : null]
          : "fullest form",
      ),
      h(
        "td",
        {},
        h(
          "details",
          {},
          h("summary", {}, counted(form.articles.length, "article")),
          h(
            "ul",
            { class: "plain small" },
            form.articles
              .slice(0, 50)
              .map((id) =>
                h(
                  "li",
                  {},
                  h("a", { href: href("article", [id], without(filters, "article")) }, bdi(id)),
                ),
              ),
          ),
        ),
      ),
    ),
  );
  return h(
    "section",
    { "aria-labelledby": "names-title" },
    h(
      "h2",
      { id: "names-title" },
      actor.forms.length > 1 ? `${actor.forms.length} names, taken as one actor` : "One name",
    ),
    h(
      "div",
      { class: "wide" },
      h(
        "table",
        { class: "table" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Name", "Why it is this actor’s", "Where"].map((words) =>
              h("th", { scope: "col" }, words),
            ),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
    roles(actor),
  );
}

function roles(actor) {
  const found = new Set();
  for (const record of actor.records) {
    for (const named of record.participants ?? [record.holder ?? record.speaker]) {
      if (named?.actor === actor.id)
        [named.role, named.affiliation].forEach((words) => words && found.add(words));
    }
  }
  return found.size
    ? h("p", { class: "meta" }, "Described as ", bdi([...found].slice(0, 8).join(" · ")))
    : null;
}

function company(actor, meetings, filters) {
  const met = new Map();
  for (const meeting of meetings) {
    for (const other of meeting.actors)
      if (other !== actor) met.set(other, (met.get(other) ?? 0) + 1);
  }
  if (!met.size) return null;
  const sorted = [...met].sort((a, b) => b[1] - a[1]).slice(0, 12);
  return h(
    "section",
    { "aria-labelledby": "met-title" },
    h("h2", { id: "met-title" }, "In meetings with"),
    h(
      "ul",
      { class: "plain ranked" },
      sorted.map(([other, number]) =>
        h(
          "li",
          {},
          actorLink(other, filters),
          h(
            "span",
            { class: "n" },
            h(
              "a",
              { href: href("meetings", ["pair", actor.id, other.id], without(filters, "actor")) },
              counted(number, "meeting"),
            ),
          ),
        ),
      ),
    ),
  );
}

function related(model, actor, filters) {
  if (!actor.related.length) return null;
  return h(
    "section",
    { "aria-labelledby": "related-title" },
    h("h2", { id: "related-title" }, "Related, but not the same"),
    h(
      "ul",
      { class: "plain ranked" },
      actor.related.map(({ actor: id, reason }) => {
        const other = model.actors.get(id);
        return h(
          "li",
          {},
          other ? actorLink(other, filters) : bdi(id),
          h("span", { class: "role" }, bdi(reason)),
        );
      }),
    ),
  );
}

function section(title, records, filters) {
  if (!records.length) return null;
  return h(
    "section",
    {},
    h("h2", {}, `${title} `, h("span", { class: "n" }, records.length)),
    longList(records, (record) => recordCard(record, filters), {
      step: 20,
      what: title.toLowerCase(),
      class: "cards",
    }),
  );
}

function positions(records, filters) {
  if (!records.length) return null;
  const groups = Object.keys(STANCES)
    .map((stance) => [stance, records.filter((record) => record.stance === stance)])
    .filter(([, some]) => some.length);
  return h(
    "section",
    {},
    h("h2", {}, "Positions ", h("span", { class: "n" }, records.length)),
    groups.map(([stance, some]) => [
      h("h3", {}, stanceMark(stance), " ", h("span", { class: "n" }, some.length)),
      longList(some, (record) => recordCard(record, filters), {
        step: 20,
        what: "positions",
        class: "cards",
      }),
    ]),
  );
}
