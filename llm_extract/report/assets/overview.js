// The overview: how much there is, what stands out, how it came about, what failed.

import { bdi, count, counted, h } from "./dom.js";
import { pageRange } from "./bar.js";
import { plainValue } from "./cards.js";
import { longList } from "./lists.js";
import { KINDS, ofKind } from "./model.js";
import { href } from "./route.js";

const TOP = 6;

export const overviewView = {
  base: () => [],
  render({ model }) {
    const dropped = model.articles.flatMap((article) =>
      article.dropped.map((draft) => ({ article, draft })),
    );
    return [
      h("h1", { class: "unseen" }, "Overview"),
      notices(model),
      figures(model),
      h("div", { class: "thirds" }, mostMet(model), disputed(model), mostQuoted(model)),
      runFacts(model, dropped.length),
      failures(model),
      droppedDrafts(dropped),
    ];
  },
};

function notices({ page, run }) {
  const { status } = run;
  return [
    page.pages > 1 &&
      h(
        "p",
        { class: "notice" },
        h("b", {}, `This page holds articles ${pageRange(page)}`),
        ` (page ${page.number} of ${page.pages}); its figures are those of these articles. Another page: `,
        h(
          "code",
          {},
          `llm-extract report ${run.folder} --page ${page.number < page.pages ? page.number + 1 : 1}`,
        ),
      ),
    status.running &&
      h(
        "p",
        { class: "notice" },
        h("b", {}, "A run is under way."),
        ` This page holds what was done by ${run.written} UTC; make it again to see more.`,
      ),
  ];
}

function figures(model) {
  const number = (value, words, link, kind) =>
    h(
      "li",
      { class: kind ? `kind-${kind}` : null },
      h(
        link ? "a" : "span",
        { href: link },
        h("b", {}, count(value)),
        " ",
        kind && h("span", { class: "glyph", "aria-hidden": "true" }, KINDS[kind].glyph),
        words,
      ),
    );
  const of = (kind) => model.records.filter((record) => record.kind === kind).length;
  const kinds = Object.entries(KINDS).map(([kind, { one, many }]) =>
    number(of(kind), of(kind) === 1 ? one : many, href(many), kind),
  );
  const own = model.ownTypes.map((type) =>
    number(of(type), bdi(type), href("records", [], { kind: type })),
  );
  const { failed, named, articles } = model;
  return h(
    "ul",
    { class: "figures" },
    number(articles.length, articles.length === 1 ? "article" : "articles", href("articles")),
    kinds,
    own,
    number(named.length, named.length === 1 ? "actor" : "actors", href("actors")),
    failed > 0 && number(failed, "failed"),
  );
}

function ranking(title, id, rows) {
  return (
    rows.length > 0 &&
    h(
      "section",
      { "aria-labelledby": id },
      h("h2", { id }, title),
      h("ol", { class: "plain ranked" }, rows),
    )
  );
}

function mostMet(model) {
  const rows = model.named
    .map((actor) => [actor, ofKind(actor, "meeting").length])
    .filter(([, number]) => number)
    .sort((a, b) => b[1] - a[1])
    .slice(0, TOP);
  return ranking(
    "Most meetings",
    "most-met",
    rows.map(([actor, number]) =>
      h(
        "li",
        {},
        h("a", { href: href("meetings", ["actor", actor.id]) }, bdi(actor.name)),
        h("span", { class: "n" }, count(number)),
      ),
    ),
  );
}

function disputed(model) {
  const rows = [...model.issues.values()].map((issue) => {
    const actors = (stance) =>
      new Set(issue.positions.filter((one) => one.stance === stance).map((one) => one.actors[0]))
        .size;
    return {
      issue,
      supports: actors("supports"),
      opposes: actors("opposes"),
      actors: new Set(issue.positions.map((one) => one.actors[0])).size,
    };
  });
  rows.sort(
    (a, b) =>
      Math.min(b.supports, b.opposes) - Math.min(a.supports, a.opposes) ||
      b.actors - a.actors ||
      b.issue.positions.length - a.issue.positions.length,
  );
  return ranking(
    "Issues with most positions",
    "disputed",
    rows
      .slice(0, TOP)
      .map(({ issue, supports, opposes }) =>
        h(
          "li",
          {},
          h("a", { href: href("positions", ["issue", issue.id]) }, bdi(issue.name)),
          h(
            "span",
            { class: "n" },
            supports > 0 &&
              h(
                "span",
                { class: "stance supports", title: `${supports} in support` },
                h("b", { "aria-hidden": "true" }, "+"),
                supports,
              ),
            " ",
            opposes > 0 &&
              h(
                "span",
                { class: "stance opposes", title: `${opposes} opposed` },
                h("b", { "aria-hidden": "true" }, "−"),
                opposes,
              ),
          ),
        ),
      ),
  );
}

function mostQuoted(model) {
  const rows = model.named
    .map((actor) => [actor, ofKind(actor, "quote").length])
    .filter(([, number]) => number)
    .sort((a, b) => b[1] - a[1])
    .slice(0, TOP);
  return ranking(
    "Most quoted",
    "most-quoted",
    rows.map(([actor, number]) =>
      h(
        "li",
        {},
        h("a", { href: href("quotes", [actor.id]) }, bdi(actor.name)),
        h("span", { class: "n" }, count(number)),
      ),
    ),
  );
}

function costWords(usd) {
  if (usd === null || usd === undefined) return "not known";
  return usd ? `$${usd.toFixed(4)}` : "none";
}

function runFacts({ run, failed }, dropped) {
  const { status } = run;
  const { usage } = status;
  const facts = [
    ["Model", run.models.length ? bdi(run.models.join(", ")) : "none yet"],
    ["Strategy", run.strategies.join(", ")],
    ["Record types", run.record_types.length ? bdi(run.record_types.join(", ")) : "not noted"],
    ["Cost", costWords(usage.cost_usd)],
    ["Calls", count(usage.calls)],
    [
      "Tokens",
      `${count(usage.prompt_tokens)} prompt (${count(usage.cached_tokens)} cached), ${count(usage.completion_tokens)} output`,
    ],
    [
      "Articles",
      `${count(status.done)} done, ${count(failed)} failed, ${status.pending === undefined ? "unknown number" : count(status.pending)} pending`,
    ],
    [
      "Drafts dropped",
      dropped
        ? h(
            "a",
            {
              href: "#dropped-title",
              onclick: (event) => {
                event.preventDefault();
                document.getElementById("dropped-title").scrollIntoView();
              },
            },
            count(dropped),
          )
        : "none",
    ],
    ["Newest run begun", `${status.started} UTC`],
    ["Report made", `${run.written} UTC, llm-extract ${run.versions.join(", ")}`],
  ];
  return h(
    "section",
    { "aria-labelledby": "run-title" },
    h("h2", { id: "run-title" }, "The run"),
    h(
      "dl",
      { class: "facts" },
      facts
        .filter(([, value]) => value)
        .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
  );
}

function failures({ failures: listed, failed, run }) {
  if (!failed) return null;
  const kinds = run.status.failed;
  return h(
    "section",
    { "aria-labelledby": "failed-title" },
    h("h2", { id: "failed-title" }, "Failed articles ", h("span", { class: "n" }, count(failed))),
    h(
      "p",
      { class: "tallies" },
      kinds.map((kind) =>
        h("span", { class: "tally" }, `${count(kind.articles)} `, bdi(kind.kind)),
      ),
    ),
    longList(
      listed,
      (failure) =>
        h(
          "li",
          {},
          h("b", {}, bdi(failure.id)),
          h("span", { class: "kind" }, bdi(failure.kind)),
          h("p", { dir: "auto" }, failure.reason),
        ),
      { tag: "ul", step: 20, what: "failed articles", class: "plain reasons" },
    ),
    listed.length < failed &&
      h(
        "p",
        { class: "meta" },
        `Listed: the first ${count(listed.length)}. All of them by reason: `,
        h("code", {}, `llm-extract status ${run.folder}`),
      ),
  );
}

function droppedDrafts(dropped) {
  if (!dropped.length) return null;
  return h(
    "section",
    { "aria-labelledby": "dropped-title" },
    h(
      "h2",
      { id: "dropped-title" },
      "Dropped drafts ",
      h("span", { class: "n" }, count(dropped.length)),
    ),
    h(
      "p",
      { class: "meta" },
      `What the model proposed and checks refused: ${counted(dropped.length, "draft")} that became no record.`,
    ),
    longList(
      dropped,
      ({ article, draft }) =>
        h(
          "li",
          {},
          droppedDraft(draft),
          h("a", { class: "place", href: href("article", [article.id]) }, bdi(article.heading)),
        ),
      { tag: "ul", step: 15, what: "dropped drafts", class: "plain reasons" },
    ),
  );
}

/** Write a draft's values; a draft that was cut is shown as it is. */
function draftWords(draft) {
  let values;
  try {
    values = JSON.parse(draft);
  } catch {
    return draft;
  }
  if (values === null || typeof values !== "object") return draft;
  return Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${plainValue(value)}`)
    .join("  ·  ");
}

/** Show a draft that was given up, with the reason. */
export function droppedDraft(draft) {
  return [
    h("span", { class: "kind" }, bdi(draft.record)),
    h("p", { dir: "auto" }, draft.reason),
    h("p", { class: "draft", dir: "auto" }, draftWords(draft.draft)),
  ];
}
