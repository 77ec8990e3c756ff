// The text of an article in pieces, each with the records whose evidence covers it.
//
// Every kind of record underlines in a lane and a style of its own, so that sentences which prove
// several things stay readable; a small label where a record's evidence begins leads to it.

import { h, visible } from "./dom.js";
import { kindOf } from "./model.js";
import { styleOf } from "./cards.js";
import { href } from "./route.js";

/** Return what is to be marked, in UTF-16 units; `around` are the sentences about a quote's words. */
export function layersOf(article) {
  const layers = [];
  const add = (place, id, style, label, words, around = false) => {
    layers.push({
      start: article.text.unit(place[0]),
      end: article.text.unit(place[1]),
      id,
      style,
      label,
      words,
      around,
    });
  };
  for (const record of article.records) {
    const { letter, one } = kindOf(record);
    const label = `${letter}${record.number}`;
    const words = `${one} ${record.number}`;
    if (record.words) add(record.words, record.id, styleOf(record), label, words);
    for (const place of record.evidence)
      add(place, record.id, styleOf(record), label, words, Boolean(record.words));
  }
  (article.unquoted ?? []).forEach((place, index) =>
    add(
      place,
      `unquoted-${index + 1}`,
      "kind-unquoted",
      "no quote",
      `judged not to be a quote, ${index + 1}`,
    ),
  );
  return layers.filter(({ start, end }) => start < end);
}

/** Return the text with its layers marked. */
export function markedText(article, layers, filters) {
  const { string } = article.text;
  const box = h("div", { class: "marked" });
  const starts = new Map();
  for (const layer of layers.filter(({ around }) => !around))
    starts.set(layer.start, [...(starts.get(layer.start) ?? []), layer]);
  for (const line of string.matchAll(/[^\n]+/g)) {
    const [from, to] = [line.index, line.index + line[0].length];
    if (!line[0].trim()) continue;
    const over = layers.filter((layer) => layer.start < to && layer.end > from);
    const cuts = [
      ...new Set([
        from,
        to,
        ...over.flatMap(({ start, end }) => [Math.max(start, from), Math.min(end, to)]),
      ]),
    ].sort((a, b) => a - b);
    const paragraph = h("p", { dir: "auto" });
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const covering = over.filter((layer) => layer.start <= cuts[i] && layer.end >= cuts[i + 1]);
      const marks = (starts.get(cuts[i]) ?? []).map((layer) => markOf(layer, article, filters));
      paragraph.append(...marks, piece(string.slice(cuts[i], cuts[i + 1]), covering));
    }
    box.append(paragraph);
  }
  return box;
}

/** Return the records that cover a piece, the shortest evidence first, quotes in its sentence last. */
export function recordsAt(element) {
  return `${element.dataset.records} ${element.dataset.around}`.trim().split(/\s+/);
}

function markOf(layer, article, filters) {
  return h(
    "a",
    {
      class: `mark ${layer.style}`,
      href: href("article", [article.id, layer.id], filters),
      "data-record": layer.id,
      "aria-label": layer.words,
      title: layer.words,
    },
    layer.label,
  );
}

function piece(text, covering) {
  if (!covering.length) return document.createTextNode(visible(text));
  const sorted = [...covering].sort((a, b) => a.end - a.start - (b.end - b.start));
  const ids = [...new Set(sorted.filter(({ around }) => !around).map(({ id }) => id))];
  const near = [
    ...new Set(sorted.filter(({ around, id }) => around && !ids.includes(id)).map(({ id }) => id)),
  ];
  const lanes = new Map(sorted.map(({ style, around }) => [style, around]).reverse()); // the words before what is around
  const styles = [...lanes].map(([style, around]) => (around ? `${style} around` : style));
  // One element a lane, around one another: each draws its own line.
  const inner = styles.reduce((child, style) => h("span", { class: `lane ${style}` }, child), text);
  return h(
    "span",
    {
      class: "piece",
      "data-records": ids.join(" "),
      "data-around": near.join(" "),
      title: [...new Set(sorted.map(({ words }) => words))].join(" · "),
    },
    inner,
  );
}
