// Marks the searched words in what is shown, without a change to the elements.

import { foldedWithPlaces } from "./text.js";
import { termsOf } from "./filters.js";

const NAME = "found";

/** Mark all places in an element where words of a search stand. */
export function markFound(element, query) {
  if (!globalThis.Highlight) return; // a browser that cannot shows the results without
  const terms = termsOf(query);
  if (!terms.length) {
    CSS.highlights.delete(NAME);
    return;
  }
  const ranges = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const [start, end] of placesOf(node.data, terms)) {
      const range = new StaticRange({
        startContainer: node,
        startOffset: start,
        endContainer: node,
        endOffset: end,
      });
      ranges.push(range);
    }
  }
  CSS.highlights.set(NAME, new Highlight(...ranges));
}

function placesOf(text, terms) {
  const { folded, places } = foldedWithPlaces(text);
  const found = [];
  for (const term of terms) {
    for (let at = folded.indexOf(term); at >= 0; at = folded.indexOf(term, at + term.length)) {
      found.push([places[at], places[at + term.length]]);
    }
  }
  return found;
}
