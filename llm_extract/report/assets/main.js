// Opens the page: reads its data, then shows what the address names, whenever that changes.

import { actorView } from "./actor.js";
import { actorsView } from "./actors.js";
import { articleView } from "./article.js";
import { articlesView } from "./articles.js";
import { makeBar } from "./bar.js";
import { h, refill } from "./dom.js";
import { markFound } from "./found.js";
import { listen } from "./keys.js";
import { meetingsView } from "./meetings.js";
import { buildModel } from "./model.js";
import { overviewView } from "./overview.js";
import { closePanel, showPanel } from "./panel.js";
import { positionsView } from "./positions.js";
import { quotesView } from "./quotes.js";
import { recordsView } from "./records.js";
import { href, parseRoute } from "./route.js";

const VIEWS = {
  overview: overviewView,
  articles: articlesView,
  article: articleView,
  meetings: meetingsView,
  positions: positionsView,
  quotes: quotesView,
  actors: actorsView,
  actor: actorView,
  records: recordsView,
};
const RESIZED = 200;

const model = buildModel(JSON.parse(document.getElementById("data").textContent));
const main = document.getElementById("main");
const bar = makeBar(model, document.getElementById("top"));
const scrolls = new Map();
let shown = { base: "", hash: "", width: 0 };
let followed = false; // a link, rather than Back or Forward

function show() {
  const route = parseRoute(location.hash);
  const view = VIEWS[route.view] ?? lostView;
  const app = { model, route, filters: route.filters, main };
  const base = JSON.stringify([
    route.view,
    view.base ? view.base(route) : route.parts,
    route.filters,
  ]);
  const typing = document.activeElement?.closest(".bar");
  const first = !shown.base;
  bar(app);
  if (base !== shown.base) {
    refill(main, view.render(app));
    main.className = `view-${route.view}`;
    document.title = `${main.querySelector("h1")?.textContent ?? ""} · ${model.run.folder}`;
    if (!first && !typing) arrive(view);
  }
  const detail = view.panel?.(app);
  const home = href(route.view, view.base?.(route) ?? [], route.filters);
  if (detail) showPanel(detail, home);
  else closePanel();
  view.select?.(app, { first: base !== shown.base, followed });
  markFound(main, route.filters.q);
  shown = { base, hash: location.hash, width: main.clientWidth };
  followed = false;
}

function arrive(view) {
  const known = followed ? null : scrolls.get(location.hash);
  if (known === null || known === undefined) window.scrollTo(0, 0);
  else window.scrollTo(0, known);
  if (view.select) return;
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

const lostView = {
  render: () => [
    h("h1", {}, "Nothing is here"),
    h(
      "p",
      {},
      "The address names nothing in this report. ",
      h("a", { href: href("overview") }, "To the overview"),
    ),
  ],
};

function openView() {
  const route = parseRoute(location.hash);
  return { view: VIEWS[route.view], app: { model, route, filters: route.filters, main } };
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.("a[href^='#/'], button, .piece");
    if (!link) return;
    scrolls.set(location.hash, window.scrollY);
    followed = true;
    setTimeout(() => {
      followed = false;
    }, 50);
    if (link.getAttribute("href") === location.hash) show(); // the browser sees no change of address
  },
  true,
);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address is the view's
  main.focus();
});
listen({
  search: () => document.getElementById("q").focus(),
  close: () => closePanel(true),
  step: (by) => {
    const { view, app } = openView();
    view?.step?.(app, by);
  },
  turn: (by) => {
    const { view, app } = openView();
    view?.turn?.(app, by);
  },
});
window.addEventListener("hashchange", show);
main.addEventListener("grown", () => markFound(main, parseRoute(location.hash).filters.q));
let resizing = 0;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => {
    if (main.clientWidth === shown.width || !openView().view?.fitted) return;
    shown.base = "resized";
    show();
  }, RESIZED);
});
show();
performance.mark("report-ready");
document.documentElement.dataset.ready = "true";
