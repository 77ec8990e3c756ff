// What is said to the person: notices over the page, and the choice in a conflict.

import { byId, make } from "./dom.js";
import { differences } from "./records.js";

// Shows a notice, or takes it away where there are no words; one at a time for each purpose.
export function notice(purpose, words, { kind = "info", actions = [] } = {}) {
  byId(`notice-${purpose}`)?.remove();
  if (!words) return;
  const buttons = actions.map(([label, act]) =>
    make("button", { type: "button", class: "small", on: { click: () => { notice(purpose, ""); act(); } } }, label),
  );
  byId("notices").append(make("div", { class: `notice ${kind}`, id: `notice-${purpose}` }, make("p", {}, words), ...buttons));
}

// Asks which of two versions counts. Nothing is sent before that.
export function askConflict(work, cut) {
  const dialog = byId("conflict");
  const { mine, theirs } = differences(work.records, work.theirs.records, cut);
  const answer = (act) => () => {
    dialog.close();
    act();
  };
  const column = (title, lines) =>
    make("section", {}, make("h3", {}, title),
      lines.length ? make("ul", {}, ...lines.map((line) => make("li", {}, line))) : make("p", { class: "hint" }, "nothing that the other one lacks"));
  dialog.replaceChildren(
    make("h2", { id: "conflict-title" }, "This article was changed elsewhere"),
    make("p", {}, work.theirs.state === "saved"
      ? "The gold file has another version than the one you began from. Which one counts?"
      : "Another tab, or an earlier session, has kept another version than the one you began from. Which one counts?"),
    make("div", { class: "two" }, column("Only in yours", mine), column("Only in the other", theirs)),
    make("div", { class: "row end" },
      make("button", { type: "button", class: "quiet", id: "conflict-later", on: { click: answer(() => {}) } }, "Decide later"),
      make("button", { type: "button", id: "conflict-theirs", on: { click: answer(() => work.takeTheirs()) } }, "Take the other (yours stays under Undo)"),
      make("button", { type: "button", class: "danger", id: "conflict-mine", on: { click: answer(() => work.keepMine()) } }, "Keep mine, overwrite the other")),
  );
  if (!dialog.open) dialog.showModal();
}
