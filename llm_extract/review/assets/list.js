// The list of articles: which are saved, which are drafts, and how far the work is.

import { byId, make, replaceKeepingFocus } from "./dom.js";

const SHOWN = 300;
const WORDS = { untouched: "not looked at", draft: "draft", saved: "saved" };

export class ArticleList {
  articles = [];
  #open;

  constructor(open) {
    this.#open = open;
    byId("filter").addEventListener("input", () => this.render());
  }

  set(articles) {
    this.articles = articles;
    this.render();
  }

  setState(name, state) {
    const article = this.articles.find((one) => one.name === name);
    if (!article || article.state === state) return;
    article.state = state;
    this.render();
  }

  current = null;

  step(by) {
    const at = this.articles.findIndex(({ name }) => name === this.current);
    return this.articles[at + by]?.name ?? null;
  }

  // The next article that is not saved, from the current one on and then from the first.
  nextToDo() {
    const at = this.articles.findIndex(({ name }) => name === this.current);
    const inTurn = [...this.articles.slice(at + 1), ...this.articles.slice(0, Math.max(at, 0))];
    return inTurn.find(({ state }) => state !== "saved")?.name ?? null;
  }

  render() {
    const sought = byId("filter").value.trim().toLowerCase();
    const fitting = this.articles.filter(({ id, title }) => `${id}\n${title ?? ""}`.toLowerCase().includes(sought));
    replaceKeepingFocus(byId("articles"), ...fitting.slice(0, SHOWN).map((article) => this.#row(article)));
    byId("more").textContent = fitting.length > SHOWN ? `${fitting.length - SHOWN} more; type to find them` : fitting.length ? "" : "no article fits";
    const count = (state) => this.articles.filter((one) => one.state === state).length;
    const [saved, drafts] = [count("saved"), count("draft")];
    byId("progress-words").textContent = `${saved} of ${this.articles.length} saved${drafts ? `, ${drafts} ${drafts === 1 ? "draft" : "drafts"}` : ""}`;
    byId("progress").max = Math.max(this.articles.length, 1);
    byId("progress").value = saved;
    byId("previous").disabled = this.step(-1) === null;
    byId("next").disabled = this.step(1) === null;
  }

  #row({ name, id, title, state }) {
    return make("li", {},
      make("button",
        { type: "button", id: `article-${name}`, class: `entry ${state}`, "aria-current": name === this.current ? "true" : null, on: { click: () => this.#open(name) } },
        make("span", { class: "entry-title" }, title || id),
        make("span", { class: "entry-state" }, WORDS[state])));
  }
}
