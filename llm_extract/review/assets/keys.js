// The keys: what they do, and the list of them.

import { byId, make } from "./dom.js";

const KEYS = [
  ["m, p, q", "new meeting, position, quote from the selected text; evidence is whole sentences, with Shift exactly what is selected"],
  ["e, Shift+E", "add the selected sentences, or exactly the selected text, to the evidence of the open record"],
  ["j, k", "next, previous record"],
  ["Up, Down", "in the text: select the sentence before or after, with Shift several"],
  ["Del", "delete the open record"],
  ["Esc", "leave a field; close the open record"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["]  [", "next, previous article"],
  ["Ctrl+S, Ctrl+Enter", "save as gold; save and open the next article that is not saved"],
  ["?", "this list"],
];

// Hands each key to what it does, an entry of `acts`. In a field keys write, and undo what was written.
export function listenToKeys(acts) {
  const exactly = (act) => (event) => act(event.shiftKey);
  const anywhere = { s: () => acts.save(false), enter: () => acts.save(true) };
  const withControl = { ...anywhere, z: (event) => (event.shiftKey ? acts.redo() : acts.undo()), y: acts.redo };
  const plain = {
    m: exactly((exact) => acts.add("meetings", exact)),
    p: exactly((exact) => acts.add("positions", exact)),
    q: exactly((exact) => acts.add("quotes", exact)),
    e: exactly(acts.addEvidence),
    j: () => acts.stepRecord(1),
    k: () => acts.stepRecord(-1),
    "]": () => acts.step(1),
    "[": () => acts.step(-1),
    "?": showKeys,
    delete: acts.remove,
    escape: acts.close,
  };

  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const inField = event.target.matches("input, textarea, select");
    const controlled = event.ctrlKey || event.metaKey;
    if (inField && event.key === "Escape") return event.target.blur();
    if (event.altKey || (inField && !controlled)) return;
    const act = (controlled ? (inField ? anywhere : withControl) : plain)[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

export function showKeys() {
  const dialog = byId("keys");
  const rows = KEYS.flatMap(([keys, does]) => [make("dt", {}, make("kbd", {}, keys)), make("dd", {}, does)]);
  const close = make("button", { type: "button", class: "main", on: { click: () => dialog.close() } }, "Close");
  dialog.replaceChildren(make("h2", { id: "keys-title" }, "Keys"), make("dl", {}, ...rows), make("div", { class: "row end" }, close));
  dialog.showModal();
}
