// The details beside a view: the records behind an edge of the graph, or a cell of the matrix.

import { h, refill } from "./dom.js";

const element = document.getElementById("panel");
let opener = null;
let home = "";

/** Show details: `{key, title, content}`; closing them leads to the address `back`. */
export function showPanel(detail, back) {
  home = back;
  if (element.dataset.key === detail.key) return;
  if (element.hidden) opener = document.activeElement;
  element.dataset.key = detail.key;
  const heading = h("h2", { tabindex: "-1" }, detail.title);
  refill(
    element,
    h(
      "div",
      { class: "panel-top" },
      heading,
      h(
        "button",
        {
          type: "button",
          class: "tool",
          "aria-label": "Close the details",
          onclick: () => closePanel(true),
        },
        "×",
      ),
    ),
    h("div", { class: "panel-body" }, detail.content),
  );
  element.hidden = false;
  document.body.classList.add("with-panel");
  heading.focus({ preventScroll: true });
}

/** Hide the details; `leave` when a user asks for it, rather than the address. */
export function closePanel(leave = false) {
  if (element.hidden) return;
  element.hidden = true;
  document.body.classList.remove("with-panel");
  delete element.dataset.key;
  const inside =
    element.contains(document.activeElement) || document.activeElement === document.body;
  refill(element);
  if (inside && opener?.isConnected) opener.focus({ preventScroll: true });
  if (leave) location.hash = home;
}
