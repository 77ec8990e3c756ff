// The top of the page: the views, the search, the filters, what is filtered for.

import { actorsLike, articlesMeant, matching } from "./filters.js";
import { bdi, count, counted, h, refill, say } from "./dom.js";
import { KINDS, STANCES, STATUSES } from "./model.js";
import { href, without } from "./route.js";
import { themeButton } from "./theme.js";
import { keysButton } from "./keys.js";

const VIEWS = [
  ["overview", "Overview"],
  ["articles", "Articles"],
  ["meetings", "Meetings", "meeting"],
  ["positions", "Positions", "position"],
  ["quotes", "Quotes", "quote"],
  ["actors", "Actors"],
  ["records", "All records", ""],
];
const NAMES = {
  q: "search",
  actor: "actor",
  kind: "kind",
  article: "article",
  from: "from",
  to: "until",
  status: "status",
  stance: "stance",
};
const LISTED = new Set(["articles", "meetings", "positions", "quotes", "actors", "records"]);
const SUGGESTED = 40;
const TYPING = 180;

/** Make the top of the page once; returns what brings it up to date with the address. */
export function makeBar(model, element) {
  const nav = h("nav", { "aria-label": "Views", class: "views" });
  const chips = h("div", { class: "chips" });
  const fields = fieldsOf(model);
  let app;
  const change = () => {
    const filters = { ...app.filters };
    for (const [name, field] of Object.entries(fields)) filters[name] = field.value.trim();
    const listed = LISTED.has(app.route.view);
    const address = href(listed ? app.route.view : "records", [], filters);
    if (address === location.hash) return;
    if (listed)
      location.replace(address); // so that Back leaves the search, not each letter of it
    else location.hash = address;
  };
  let waiting = 0;
  const form = h(
    "form",
    {
      role: "search",
      class: "bar",
      onsubmit: (event) => {
        event.preventDefault();
        change();
      },
      oninput: (event) => {
        suggest(model, event.target);
        clearTimeout(waiting);
        waiting = setTimeout(change, event.target.tagName === "SELECT" ? 0 : TYPING);
      },
    },
    labelled("Search everything", fields.q, "unseen"),
    filterBox(fields),
  );
  refill(
    element,
    brand(model),
    h("div", { class: "tools" }, themeButton(), keysButton()),
    nav,
    form,
    chips,
  );
  new ResizeObserver(() =>
    document.documentElement.style.setProperty("--top", `${element.offsetHeight}px`),
  ).observe(element);
  document.addEventListener("click", (event) => {
    const box = form.querySelector(".filters");
    if (!box.contains(event.target)) box.open = false;
  });
  return (now) => {
    app = now;
    for (const [name, field] of Object.entries(fields)) {
      if (field !== document.activeElement)
        field.value = shownValue(model, name, app.filters[name] ?? "");
    }
    showViews(nav, app);
    showChips(chips, app);
  };
}

function brand(model) {
  const { page, run } = model;
  const part =
    page.pages > 1 &&
    h("a", { class: "pages", href: href("overview") }, `articles ${pageRange(page)}`);
  return h(
    "p",
    { class: "brand" },
    h(
      "a",
      { href: href("overview") },
      h("b", {}, bdi(run.folder)),
      h("span", { class: "role" }, " report"),
    ),
    part,
  );
}

/** Say which articles a page holds: `1–2,000 of 5,312`. */
export function pageRange(page) {
  return `${count(page.start + 1)}–${count(page.start + page.articles)} of ${count(page.total)}`;
}

function fieldsOf(model) {
  const input = (id, props) =>
    h("input", { id, autocomplete: "off", spellcheck: "false", ...props });
  const kinds = [...Object.keys(KINDS), ...model.ownTypes].map((kind) => [
    kind,
    KINDS[kind]?.many ?? kind,
  ]);
  const worded = (table) => Object.entries(table).map(([value, { words }]) => [value, words]);
  return {
    q: input("q", {
      type: "search",
      placeholder: "Search names, issues, words of the articles",
      "aria-keyshortcuts": "/",
    }),
    kind: select("kind", kinds),
    stance: select("stance", worded(STANCES)),
    status: select("status", worded(STATUSES)),
    actor: input("actor", { type: "text", list: "actor-names" }),
    article: input("article", { type: "text", list: "article-names" }),
    from: input("from", { type: "date" }),
    to: input("to", { type: "date" }),
  };
}

function select(id, options) {
  return h(
    "select",
    { id },
    h("option", { value: "" }, "any"),
    options.map(([value, words]) => h("option", { value }, words)),
  );
}

function labelled(words, field, style) {
  return h(
    "label",
    { class: `field field-${field.id}` },
    h("span", { class: style }, words),
    field,
  );
}

function filterBox(fields) {
  return h(
    "details",
    { class: "filters" },
    h("summary", {}, "Filters"),
    h(
      "div",
      { class: "box" },
      labelled("Actor", fields.actor),
      labelled("Article", fields.article),
      labelled("Kind", fields.kind),
      labelled("Stance of a position", fields.stance),
      labelled("Status of a meeting", fields.status),
      labelled("From", fields.from),
      labelled("Until", fields.to),
      h(
        "p",
        { class: "hint" },
        "A meeting counts by its own date where the article fixes it, everything else by the article’s.",
      ),
      h("datalist", { id: "actor-names" }),
      h("datalist", { id: "article-names" }),
      h("a", { class: "clear", href: "#", onclick: clearAll }, "Clear all"),
    ),
  );
}

function clearAll(event) {
  event.preventDefault();
  const form = event.target.closest("form");
  form.reset();
  form.dispatchEvent(new Event("submit", { cancelable: true }));
}

/** Fill a field's suggestions with what begins or goes on as typed. */
function suggest(model, field) {
  if (field.id === "actor") {
    const names = actorsLike(model, field.value).sort(
      (a, b) => b.records.length - a.records.length,
    );
    refill(
      document.getElementById("actor-names"),
      names.slice(0, SUGGESTED).map((a) => h("option", { value: a.name })),
    );
  } else if (field.id === "article") {
    const found = [...articlesMeant(model, field.value)].slice(0, SUGGESTED);
    refill(
      document.getElementById("article-names"),
      found.map((a) => h("option", { value: a.id }, a.heading)),
    );
  }
}

function shownValue(model, name, value) {
  return name === "actor" ? (model.actors.get(value)?.name ?? value) : value;
}

function showViews(nav, app) {
  const inside = { article: "articles", actor: "actors" };
  const current = inside[app.route.view] ?? app.route.view;
  const found = matching(app.model, app.filters);
  const numbers = { "": found.length };
  for (const record of found) numbers[record.kind] = (numbers[record.kind] ?? 0) + 1;
  refill(
    nav,
    VIEWS.map(([view, words, kind]) =>
      h(
        "a",
        {
          href: href(view, [], view === "overview" ? {} : app.filters),
          "aria-current": view === current ? "page" : null,
        },
        words,
        kind === undefined ? null : h("span", { class: "n" }, " ", count(numbers[kind] ?? 0)),
      ),
    ),
  );
  const here = nav.querySelector("[aria-current]");
  if (here)
    nav.scrollLeft = here.offsetLeft - nav.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;
}

function showChips(chips, app) {
  const { view, parts } = app.route;
  const active = Object.entries(app.filters);
  chips.hidden = !active.length;
  if (!active.length) return refill(chips);
  const number = matching(app.model, app.filters).length;
  const found = number ? counted(number, "record") : "No record";
  say(`${found} with these filters`);
  return refill(
    chips,
    h("span", { class: "found" }, found),
    active.map(([name, value]) => {
      const shown = shownValue(app.model, name, value);
      return h(
        "a",
        {
          class: "chip",
          href: href(view, parts, without(app.filters, name)),
          "aria-label": `Remove the filter ${NAMES[name]}: ${shown}`,
        },
        h("span", {}, NAMES[name]),
        " ",
        bdi(shown),
        h("span", { class: "x", "aria-hidden": "true" }, "×"),
      );
    }),
    h("a", { class: "clear", href: href(view, parts) }, "Clear all"),
  );
}
