// The text of an article in pieces, each with the records whose evidence covers it.
//
// Every kind of record underlines in a lane and a style of its own, so that sentences which prove
// several things stay readable; a small label where a record's evidence begins leads to it.

import { h, visible } from "./dom.js";
import { kindOf } from "./model.js";
import { styleOf } from "./cards.js";
import { href } from "./route.js";

/** Return what is to be marked: `{start, end, id, style, label, words}`, in UTF-16 units. */
export function layersOf(article) {
  const layers = [];
  const add = (place, id, style, label, words, role) => {
    layers.push({ start: article.text.unit(place[0]), end: article.text.unit(place[1]), id, style, label, words, role });
  };
  for (const record of article.records) {
    const { letter, one } = kindOf(record);
    const label = `${letter}${record.number}`;
    const words = `${one} ${record.number}`;
    const spoken = record.words;
    if (spoken) add(spoken, record.id, styleOf(record), label, words, "spoken");
    else for (const place of record.evidence) add(place, record.id, styleOf(record), label, words, "stated");
  }
  (article.unquoted ?? []).forEach((place, index) => add(place, `unquoted-${index + 1}`, "kind-unquoted", "no quote", `judged not to be a quote, ${index + 1}`, "spoken"));
  return layers.filter(({ start, end }) => start < end);
}

/** Return the text with its layers marked. */
export function markedText(article, layers) {
  const { string } = article.text;
  const box = h("div", { class: "marked" });
  const starts = new Map();
  for (const layer of layers) starts.set(layer.start, [...(starts.get(layer.start) ?? []), layer]);
  for (const line of string.matchAll(/[^\n]+/g)) {
    const [from, to] = [line.index, line.index + line[0].length];
    if (!line[0].trim()) continue;
    const over = layers.filter((layer) => layer.start < to && layer.end > from);
    const cuts = [...new Set([from, to, ...over.flatMap(({ start, end }) => [Math.max(start, from), Math.min(end, to)])])].sort((a, b) => a - b);
    const paragraph = h("p", { dir: "auto" });
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const covering = over.filter((layer) => layer.start <= cuts[i] && layer.end >= cuts[i + 1]);
      const marks = (starts.get(cuts[i]) ?? []).map((layer) => markOf(layer, article));
      paragraph.append(...marks, piece(string.slice(cuts[i], cuts[i + 1]), covering));
    }
    box.append(paragraph);
  }
  return box;
}

/** Return the records that cover a piece, the shortest evidence first. */
export function recordsAt(element) {
  return element.dataset.records.split(" ");
}

function markOf(layer, article) {
  return h("a", { class: `mark ${layer.style}`, href: href("article", [article.id, layer.id]), "data-record": layer.id, "aria-label": layer.words, title: layer.words }, layer.label);
}

function piece(text, covering) {
  if (!covering.length) return document.createTextNode(visible(text));
  const sorted = [...covering].sort((a, b) => a.end - a.start - (b.end - b.start));
  const ids = [...new Set(sorted.map(({ id }) => id))];
  const styles = [...new Set(sorted.map(({ style, role }) => `${style} ${role}`))];
  // One element a lane, around one another: each draws its own line.
  const inner = styles.reduce((child, style) => h("span", { class: `lane ${style}` }, child), text);
  return h("span", { class: "piece", "data-records": ids.join(" "), title: [...new Set(sorted.map(({ words }) => words))].join(" · ") }, inner);
}
