// Keys, and the box that names them.

import { h } from "./dom.js";
import { remember, remembered } from "./theme.js";

const SINGLE = "llm-extract-keys";
const LISTED = [
  ["/", "search"],
  ["n, p", "next and previous record of an article"],
  ["], [", "next and previous article"],
  ["Arrow keys", "from actor to actor in the graph, from cell to cell in the matrix"],
  ["Enter", "opens what has the focus"],
  ["Esc", "closes the details"],
  ["?", "this list"],
];

let box;

/** A button that opens the list of keys. */
export function keysButton() {
  box = h(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, "Keys"),
    h(
      "dl",
      {},
      LISTED.map(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)]),
    ),
    h(
      "label",
      { class: "switch" },
      h("input", {
        type: "checkbox",
        checked: remembered(SINGLE) !== "off",
        onchange: (event) => remember(SINGLE, event.target.checked ? "on" : "off"),
      }),
      " Single letters and signs are keys",
    ),
    h(
      "form",
      {
        method: "dialog",
        onsubmit: (event) => {
          event.preventDefault();
          box.close();
        },
      },
      h("button", { class: "more" }, "Close"),
    ),
  );
  document.body.append(box);
  return h(
    "button",
    {
      type: "button",
      class: "tool",
      title: "Keys",
      "aria-label": "Keys",
      onclick: () => box.showModal(),
    },
    "?",
  );
}

/** Listen for keys. */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || box.open) return;
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "Escape") {
      const opened = document.querySelector("details.filters[open]");
      if (opened?.contains(event.target)) {
        opened.open = false;
        opened.querySelector("summary").focus();
      } else if (!typing) actions.close();
      return;
    }
    if (typing || !box.querySelector("input").checked) return;
    const act = {
      "/": actions.search,
      "?": () => box.showModal(),
      n: () => actions.step(1),
      p: () => actions.step(-1),
      "]": () => actions.turn(1),
      "[": () => actions.turn(-1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
