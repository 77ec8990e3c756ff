// Who met whom: the graph, its pairs, and the meetings in time.

import { bdi, count, counted, h, joined, refill } from "./dom.js";
import { recordCard } from "./cards.js";
import { matching } from "./filters.js";
import { companyOf, drawGraph, mark } from "./graph.js";
import { longList } from "./lists.js";
import { href } from "./route.js";
import { timeline } from "./timeline.js";

const WIDE = 720; // pixels from where on there is room for more actors
const PAIRS = 10;
const MOST = 400; // actors in a picture

export const meetingsView = {
  base: () => [],
  render(app) {
    const meetings = matching(app.model, app.filters).filter((record) => record.kind === "meeting");
    if (!meetings.length)
      return [
        h("h1", {}, "Who met whom"),
        h("p", { class: "empty" }, "No meeting matches the filters."),
      ];
    const company = companyOf(meetings);
    return [
      h("h1", {}, "Who met whom"),
      h(
        "p",
        { class: "lead" },
        `${counted(meetings.length, "meeting")}, ${counted(company.actors.length, "actor")}. A circle is an actor, the larger the more meetings; a line leads to the meetings behind it.`,
      ),
      h("div", { class: "graph-and-pairs" }, graphSection(app, company), pairs(app, company)),
      timeline(app, meetings),
    ];
  },
  panel({ model, route, filters }) {
    const meetings = matching(model, filters).filter((record) => record.kind === "meeting");
    const [what, ...ids] = route.parts;
    const actors = ids.map((id) => model.actors.get(id));
    if (!["actor", "pair"].includes(what) || !actors.length || actors.some((actor) => !actor))
      return null;
    const found = meetings.filter((meeting) =>
      actors.every((actor) => meeting.actors.includes(actor)),
    );
    const title = joined(
      actors.map((actor) => h("a", { href: href("actor", [actor.id]) }, bdi(actor.name))),
      " and ",
    );
    return {
      key: route.parts.join("/"),
      title,
      content: [
        h("p", { class: "meta" }, counted(found.length, "meeting")),
        longList(found, (record) => recordCard(record, filters), {
          step: 20,
          what: "meetings",
          class: "cards",
        }),
      ],
    };
  },
  select({ main, route }) {
    mark(main, route.parts);
  },
};

function graphSection(app, company) {
  const step = app.main.clientWidth >= WIDE ? 40 : 18;
  const frame = h("div", { class: "graph" });
  const words = h("p", { class: "meta" });
  const more = h("button", { type: "button", class: "more" });
  let shown = step;
  let arrange;
  const draw = () => {
    const number = Math.min(shown, MOST, company.actors.length);
    const graph = drawGraph(company, number, app.filters);
    refill(frame, graph.picture);
    arrange = graph.arrange;
    arrange(frame.clientWidth);
    mark(frame, app.route.parts);
    const left = company.actors.length - number;
    const full =
      number === MOST
        ? " A picture holds no more: filter for an actor or a time to see the others."
        : "";
    words.textContent = left
      ? `Drawn: the ${count(number)} actors with most meetings, of ${count(company.actors.length)}.${full}`
      : "";
    more.textContent = `Draw ${count(Math.min(step, left))} more`;
    more.hidden = !left || Boolean(full);
  };
  more.addEventListener("click", () => {
    shown += step;
    draw();
  });
  draw();
  new ResizeObserver(() => arrange(frame.clientWidth)).observe(frame); // first when it is in the page
  return h(
    "section",
    { class: "graph-box", "aria-label": "Graph of actors" },
    frame,
    h(
      "div",
      { class: "legend" },
      lineKey("held", "held or ongoing"),
      lineKey("open", "planned or proposed only"),
      lineKey("declined", "declined only"),
    ),
    words,
    more,
  );
}

function lineKey(style, words) {
  return h(
    "span",
    { class: "line-key" },
    h("span", { class: `line ${style}`, "aria-hidden": "true" }),
    words,
  );
}

function pairs(app, company) {
  const list = longList(
    company.edges,
    (edge) =>
      h(
        "li",
        {},
        h(
          "a",
          {
            class: "pair",
            href: href("meetings", ["pair", edge.source.id, edge.target.id], app.filters),
          },
          h(
            "span",
            {},
            bdi(edge.source.actor.name),
            h("span", { class: "with" }, " · "),
            bdi(edge.target.actor.name),
          ),
          h("span", { class: "n" }, count(edge.meetings.length)),
        ),
      ),
    { tag: "ol", step: PAIRS, what: "pairs", class: "plain pairs" },
  );
  return h(
    "section",
    { class: "pairs-box", "aria-labelledby": "pairs-title" },
    h(
      "h2",
      { id: "pairs-title" },
      "Pairs ",
      h("span", { class: "n" }, count(company.edges.length)),
    ),
    list,
  );
}
