// Who stands where: actors against issues.

import { bdi, count, counted, h, refill } from "./dom.js";
import { recordCard, stanceMark } from "./cards.js";
import { matching } from "./filters.js";
import { focusOn, longList } from "./lists.js";
import { STANCES } from "./model.js";
import { href } from "./route.js";

const ISSUES = 40;
const PHRASES = 4;

export const positionsView = {
  fitted: true,
  base: () => [],
  render(app) {
    const positions = positionsIn(app);
    if (!positions.length)
      return [
        h("h1", {}, "Who stands where"),
        h("p", { class: "empty" }, "No position matches the filters."),
      ];
    const box = h("div", { class: "matrix-box" });
    const shown = { actors: columnsThatFit(app.main.clientWidth), issues: ISSUES };
    const table = tableOf(positions);
    drawMatrix(box, app, table, shown);
    const grouped = table.issues.filter(({ group }) => group.phrases.length > 1).length;
    return [
      h("h1", {}, "Who stands where"),
      h(
        "p",
        { class: "lead" },
        `${counted(positions.length, "position")} of ${counted(table.actors.length, "actor")} on ${counted(table.issues.length, "issue")}`,
        grouped ? `; ${counted(grouped, "issue")} in several wordings, all shown` : "",
        ". A cell opens its evidence.",
      ),
      h(
        "p",
        { class: "legend" },
        Object.keys(STANCES).map((stance) => stanceMark(stance)),
      ),
      box,
    ];
  },
  panel(app) {
    const { model, route, filters } = app;
    const [what, ...ids] = route.parts;
    const positions = positionsIn(app);
    const issue = model.issues.get(ids.at(-1));
    const actor = model.actors.get(ids[0]);
    if (!issue || !["cell", "issue"].includes(what) || (what === "cell" && !actor)) return null;
    const found = positions.filter(
      (one) => one.group === issue && (what === "issue" || one.actors.includes(actor)),
    );
    const title =
      what === "cell"
        ? [h("a", { href: href("actor", [actor.id]) }, bdi(actor.name)), " on ", bdi(issue.name)]
        : bdi(issue.name);
    return {
      key: route.parts.join("/"),
      title,
      content: [
        wordings(issue),
        longList(found, (record) => recordCard(record, filters), {
          step: 20,
          what: "positions",
          class: "cards",
        }),
      ],
    };
  },
  select({ main, route }) {
    const key = route.parts.slice(1).join("\n");
    for (const cell of main.querySelectorAll(".cell"))
      cell.classList.toggle("on", cell.dataset.key === key);
  },
};

function positionsIn({ model, filters }) {
  return matching(model, filters).filter((record) => record.kind === "position");
}

function columnsThatFit(width) {
  return Math.max(5, Math.min(24, Math.floor((width - (width < 720 ? 150 : 380)) / 42)));
}

/** Return the actors, those with most to compare first, and the issues with each actor's positions. */
function tableOf(positions) {
  const actors = new Map();
  const issues = new Map();
  for (const position of positions) {
    const [actor] = position.actors;
    actors.set(actor, (actors.get(actor) ?? 0) + 1);
    if (!issues.has(position.group))
      issues.set(position.group, { group: position.group, cells: new Map(), number: 0 });
    const issue = issues.get(position.group);
    issue.number += 1;
    issue.cells.set(actor, [...(issue.cells.get(actor) ?? []), position]);
  }
  for (const issue of issues.values()) {
    const stances = new Set([...issue.cells.values()].map(stanceOf));
    issue.rank = issue.cells.size < 2 ? 2 : stances.size > 1 ? 0 : 1;
  }
  // Whoever speaks about what others speak about comes first: there is something to compare.
  const shared = new Map();
  for (const { rank, cells } of issues.values()) {
    if (rank < 2)
      for (const actor of cells.keys())
        shared.set(actor, (shared.get(actor) ?? 0) + (rank ? 1 : 2));
  }
  const sorted = [...actors]
    .sort(([a, many], [b, more]) => (shared.get(b) ?? 0) - (shared.get(a) ?? 0) || more - many)
    .map(([actor]) => actor);
  return { actors: sorted, issues: [...issues.values()] };
}

/** One stance for several positions: mixed where they differ. */
function stanceOf(positions) {
  const stances = new Set(positions.map((position) => position.stance));
  return stances.size === 1 ? positions[0].stance : "mixed";
}

const RANKS = ["Actors differ", "Actors agree", "One actor"];

function drawMatrix(box, app, table, shown) {
  const actors = table.actors.slice(0, shown.actors);
  const place = new Map(actors.map((actor, index) => [actor, index]));
  const firstOf = (issue) =>
    Math.min(...[...issue.cells.keys()].map((actor) => place.get(actor) ?? Infinity));
  const known = table.issues.filter((issue) => firstOf(issue) < Infinity);
  known.sort(
    (a, b) =>
      a.rank - b.rank ||
      b.cells.size - a.cells.size ||
      firstOf(a) - firstOf(b) ||
      b.number - a.number,
  );
  const issues = known.slice(0, shown.issues);
  const columns = actors.map((actor) =>
    h(
      "th",
      { scope: "col" },
      h("a", { href: href("actor", [actor.id]), title: actor.name }, bdi(actor.name)),
    ),
  );
  const bodies = RANKS.map((words, rank) => {
    const rows = issues.filter((issue) => issue.rank === rank);
    return (
      rows.length &&
      h(
        "tbody",
        {},
        h(
          "tr",
          { class: "rank" },
          h("th", { colspan: actors.length + 1, scope: "rowgroup" }, h("span", {}, words)),
        ),
        rows.map((issue) => row(app, issue, actors)),
      )
    );
  });
  const matrix = h(
    "table",
    { class: "matrix" },
    h("caption", { class: "unseen" }, "Actors against issues"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "corner" }, "Issue"), columns)),
    bodies,
  );
  matrix.addEventListener("keydown", (event) => moveInMatrix(event, matrix));
  const more = (what, step) => () => {
    shown[what] += step;
    drawMatrix(box, app, table, shown);
    focusOn(box);
  };
  const leftActors = table.actors.length - actors.length;
  const leftIssues = known.length - issues.length;
  const hiddenIssues = table.issues.length - known.length;
  refill(
    box,
    h(
      "div",
      {
        class: "wide",
        tabindex: "0",
        role: "region",
        "aria-label": "Matrix of actors and issues, may be scrolled",
      },
      matrix,
    ),
    h(
      "p",
      { class: "meta" },
      leftActors || leftIssues
        ? `Shown: ${count(actors.length)} of ${counted(table.actors.length, "actor")}, those first who speak about what others speak about; ${count(issues.length)} of ${counted(table.issues.length, "issue")}${hiddenIssues ? `, ${count(hiddenIssues)} of which only other actors speak about` : ""}.`
        : "",
    ),
    leftActors > 0 &&
      h(
        "button",
        { type: "button", class: "more", onclick: more("actors", 12) },
        `Show ${count(Math.min(12, leftActors))} more actors`,
      ),
    leftIssues > 0 &&
      h(
        "button",
        { type: "button", class: "more", onclick: more("issues", ISSUES) },
        `Show ${count(Math.min(ISSUES, leftIssues))} more issues`,
      ),
  );
}

function row(app, issue, actors) {
  const { group, cells } = issue;
  const others = cells.size - actors.filter((actor) => cells.has(actor)).length;
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { href: href("positions", ["issue", group.id], app.filters) }, bdi(group.name)),
      wordings(group),
      others > 0 &&
        h("span", { class: "also" }, `and ${counted(others, "actor")} not in the table`),
    ),
    actors.map((actor) =>
      h("td", {}, cells.has(actor) && cell(app, group, actor, cells.get(actor))),
    ),
  );
}

function cell(app, group, actor, positions) {
  const stance = stanceOf(positions);
  const { glyph, words } = STANCES[stance];
  const verb = stance === "mixed" ? "is of two minds about" : words;
  return h(
    "a",
    {
      class: `cell ${stance}`,
      href: href("positions", ["cell", actor.id, group.id], app.filters),
      "data-key": `${actor.id}\n${group.id}`,
      "aria-label": `${actor.name} ${verb} ${group.name}: ${counted(positions.length, "position")}`,
      title: `${actor.name} ${verb} ${group.name}`,
    },
    h(
      "span",
      { "aria-hidden": "true" },
      glyph,
      positions.length > 1 ? h("small", {}, count(positions.length)) : "",
    ),
  );
}

/** The other wordings of a group: the first ones at sight, the rest in a fold that says how many. */
function wordings(group) {
  const others = group.phrases.slice(1);
  if (!others.length) return null;
  const phrase = (words) => h("li", {}, bdi(words));
  return h(
    "div",
    { class: "wordings" },
    h("span", {}, "also worded"),
    h("ul", {}, others.slice(0, PHRASES).map(phrase)),
    others.length > PHRASES &&
      h(
        "details",
        {},
        h("summary", {}, `and ${count(others.length - PHRASES)} more wordings`),
        h("ul", {}, others.slice(PHRASES).map(phrase)),
      ),
  );
}

/** Let the arrow keys go from cell to cell. */
function moveInMatrix(event, matrix) {
  const from = document.activeElement.closest?.("td");
  const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[
    event.key
  ];
  if (!from || !step) return;
  event.preventDefault();
  const rows = [...matrix.rows];
  let [y, x] = [rows.indexOf(from.parentElement), from.cellIndex];
  for (
    y += step[0], x += step[1];
    rows[y] && x < matrix.rows[0].cells.length && x > 0;
    y += step[0], x += step[1]
  ) {
    const found = rows[y].cells[x]?.querySelector(".cell");
    if (found) return found.focus();
  }
}
