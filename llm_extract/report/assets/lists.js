// Long lists a piece at a time, so that no view makes more elements than anybody reads.

import { count, h } from "./dom.js";

/** Return a list that shows its first items, and more when asked. */
export function longList(items, show, { step = 50, what = "", tag = "div", ...props } = {}) {
  const list = h(tag, props);
  const button = h("button", { type: "button", class: "more", onclick: () => add(true) });
  let shown = 0;
  const add = (asked) => {
    const next = items.slice(shown, shown + step).map(show);
    list.append(...next);
    shown += next.length;
    const left = items.length - shown;
    button.hidden = left === 0;
    const of = left > step ? `${count(step)} more of ${count(left)}` : `${count(left)} more`;
    button.textContent = `Show ${of} ${what}`;
    if (asked) {
      focusOn(next[0]);
      list.dispatchEvent(new CustomEvent("grown", { bubbles: true }));
    }
  };
  add(false);
  return h("div", { class: "long" }, list, items.length > shown ? button : null);
}

/** Move the focus to an element or the first thing in it that takes it. */
export function focusOn(element, options) {
  if (!element) return;
  const own = element.matches("a[href], button, input, select, summary, [tabindex]");
  const target = own ? element : (element.querySelector("a[href], button, [tabindex]") ?? element);
  if (target === element && !own) element.setAttribute("tabindex", "-1");
  target.focus(options);
}
