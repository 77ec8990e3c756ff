// Light, dark, or as the system has it.

import { h } from "./dom.js";

const CHOICES = [
  ["auto", "◐", "Colours as the system has them"],
  ["light", "☀", "Light colours"],
  ["dark", "☾", "Dark colours"],
];
const KEY = "llm-extract-theme";

/** A button that goes through the choices. */
export function themeButton() {
  let at = Math.max(
    0,
    CHOICES.findIndex(([name]) => name === remembered(KEY)),
  );
  const button = h("button", { type: "button", class: "tool", onclick: () => choose(at + 1) });
  const choose = (next) => {
    at = next % CHOICES.length;
    const [name, glyph, words] = CHOICES[at];
    document.documentElement.dataset.theme = name;
    button.textContent = glyph;
    button.title = words;
    button.setAttribute("aria-label", words);
    remember(KEY, name);
  };
  choose(at);
  return button;
}

/** Read what was chosen earlier; a browser may forbid that to pages from files. */
export function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keep what was chosen, where the browser allows it. */
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // the choice lasts as long as the page
  }
}
