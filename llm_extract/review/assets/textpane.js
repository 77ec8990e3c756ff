// The article's text: records shown in it, and what is selected of it, in code points.

import { make } from "./dom.js";
import { Offsets } from "./offsets.js";
import { KINDS } from "./records.js";

const QUOTATION_MARKS = /["'`´‘’‚‛“”„‟«»‹›]/u;

export class TextPane extends EventTarget {
  #root;
  #article = null;
  #offsets = null;
  #pieces = []; // { start, end, element, kinds, covers: [[kind, index], ...], quotes: whose words these are }
  #marked = null; // the newest selection in the text
  #cursor = -1; // the sentence that arrow keys have reached
  #anchor = -1;

  constructor(root) {
    super();
    this.#root = root;
    document.addEventListener("selectionchange", () => this.#read() && this.#tell("selection"));
    root.addEventListener("click", (event) => this.#pick(event));
    root.addEventListener("keydown", (event) => this.#step(event));
  }

  get selection() {
    this.#read();
    return this.#marked;
  }

  show(article) {
    this.#article = article;
    this.#offsets = new Offsets(article.text);
    if (this.#holdsSelection()) getSelection().removeAllRanges();
    this.#marked = null;
    this.#cursor = this.#anchor = -1;
    this.#root.scrollTop = 0;
  }

  cut({ start, end }) {
    return this.#article.text.slice(this.#offsets.toUnits(start), this.#offsets.toUnits(end));
  }

  render(records) {
    const spans = KINDS.flatMap((kind) =>
      records[kind].flatMap((record, index) => [
        ...record.evidence.map((span) => ({ ...span, kind, index, what: "evidence" })),
        ...(kind === "quotes" ? [{ ...record.text, kind, index, what: "words" }] : []),
      ]),
    );
    const length = this.#offsets.toPoints(this.#article.text.length);
    const edges = new Set([0, length]);
    for (const [start, end] of this.#article.sentences) edges.add(start).add(end);
    for (const { start, end } of spans) edges.add(Math.min(start, length)).add(Math.min(end, length));
    const cuts = [...edges].sort((one, other) => one - other);
    this.#pieces = cuts.slice(0, -1).map((start, index) => ({ start, end: cuts[index + 1], kinds: new Set(), covers: [], quotes: new Set() }));
    for (const span of spans) {
      for (let at = this.#pieceAt(span.start); at < this.#pieces.length && this.#pieces[at].start < span.end; at += 1) {
        const piece = this.#pieces[at];
        piece.kinds.add(span.what === "words" ? "words" : span.kind);
        if (span.what === "words") piece.quotes.add(span.index);
        if (!piece.covers.some(([kind, index]) => kind === span.kind && index === span.index)) piece.covers.push([span.kind, span.index]);
      }
    }
    for (const [start, end, unit] of this.#article.sentences) {
      for (let at = this.#pieceAt(start); at < this.#pieces.length && this.#pieces[at].start < end; at += 1) this.#pieces[at].unit = unit;
    }
    for (const piece of this.#pieces) {
      const classes = [piece.unit ?? "", ...[...piece.kinds].map((kind) => `in-${kind}`)].join(" ").trim();
      piece.element = make("span", classes ? { class: classes } : {}, this.cut(piece));
    }
    const top = this.#root.scrollTop;
    const marked = this.#holdsSelection() ? this.selection : null;
    this.#root.replaceChildren(...this.#pieces.map((piece) => piece.element));
    this.#root.scrollTop = top;
    if (marked) this.#select(marked);
  }

  // Shows which record is selected.
  emphasise(selected) {
    for (const { element, covers, quotes } of this.#pieces) {
      const active = covers.some(([kind, index]) => kind === selected?.kind && index === selected?.index);
      element.classList.toggle("active", active);
      element.classList.toggle("active-words", active && selected.kind === "quotes" && quotes.has(selected.index));
    }
    this.#root.dataset.kind = selected?.kind ?? "";
  }

  reveal(start) {
    const piece = this.#pieces[this.#pieceAt(start)];
    if (!piece) return;
    const [box, inside] = [this.#root.getBoundingClientRect(), piece.element.getClientRects()[0]];
    if (!inside || (inside.top >= box.top + 8 && inside.bottom <= box.bottom - 24)) return;
    this.#root.scrollTop += inside.top - box.top - box.height / 3;
  }

  // The sentences that share a character with a stretch, or hold a caret.
  sentencesOver({ start, end }) {
    const touches = ([first, last]) => (start === end ? first <= start && start <= last : first < end && start < last);
    const found = this.#article.sentences.filter(touches).map(([first, last]) => ({ start: first, end: last }));
    return start === end ? found.slice(0, 1) : found;
  }

  // The quoted words that a selection means: those between marks that it touches, else its own.
  wordsIn({ start, end }) {
    const near = (quoted) => start === end
      ? quoted[0] <= start && start <= quoted[1]
      : Math.abs(quoted[0] - start) <= 2 && Math.abs(quoted[1] - end) <= 2;
    const quoted = this.#article.quotations.filter(near).sort((one, other) => one[1] - one[0] - (other[1] - other[0]))[0];
    if (quoted) return { start: quoted[0], end: quoted[1] };
    const characters = [...this.cut({ start, end })];
    let [from, to] = [0, characters.length];
    const trim = (drop) => {
      while (from < to && drop(characters[from])) from += 1;
      while (to > from && drop(characters[to - 1])) to -= 1;
    };
    trim((character) => !character.trim());
    if (from < to && QUOTATION_MARKS.test(characters[from])) from += 1;
    if (to > from && QUOTATION_MARKS.test(characters[to - 1])) to -= 1;
    return from < to ? { start: start + from, end: start + to } : null;
  }

  trimmed({ start, end }) {
    const text = this.cut({ start, end });
    const [head, tail] = [text.length - text.trimStart().length, text.length - text.trimEnd().length];
    return head === text.length ? null : { start: start + head, end: end - tail };
  }

  forget() {
    this.#marked = null;
    getSelection().removeAllRanges();
    this.#tell("selection");
  }

  // Takes what is selected now, where that is in the text; tells whether it is something new.
  #read() {
    if (!this.#article || !this.#holdsSelection()) return false;
    const range = getSelection().getRangeAt(0);
    const start = this.#pointOf(range.startContainer, range.startOffset);
    const end = range.collapsed ? start : this.#pointOf(range.endContainer, range.endOffset);
    if (this.#marked?.start === start && this.#marked?.end === end) return false;
    this.#marked = { start, end };
    this.#cursor = -1; // arrow keys begin here
    return true;
  }

  #holdsSelection() {
    const selection = getSelection();
    if (!selection.rangeCount) return false;
    const { startContainer, endContainer } = selection.getRangeAt(0);
    return this.#root.contains(startContainer) && this.#root.contains(endContainer);
  }

  #pointOf(node, offset) {
    const before = document.createRange();
    before.setStart(this.#root, 0);
    before.setEnd(node, offset);
    return this.#offsets.toPoints(before.toString().length);
  }

  #pick(event) {
    if (!getSelection().isCollapsed) return;
    const piece = this.#pieces.find(({ element }) => element === event.target);
    if (piece) this.#tell("pick", { covers: piece.covers, at: piece.start });
  }

  // Arrow keys select whole sentences; with Shift, several.
  #step(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const { sentences } = this.#article;
    if (!sentences.length) return;
    const marked = this.selection;
    const start = marked ? sentences.findIndex(([, end]) => end > marked.start) : -1;
    if (this.#cursor < 0 && start >= 0) this.#cursor = this.#anchor = start - (by > 0 ? 1 : 0);
    this.#cursor = Math.max(0, Math.min(sentences.length - 1, this.#cursor + by));
    if (!event.shiftKey || this.#anchor < 0) this.#anchor = this.#cursor;
    const [low, high] = [Math.min(this.#anchor, this.#cursor), Math.max(this.#anchor, this.#cursor)];
    this.#select({ start: sentences[low][0], end: sentences[high][1] });
    this.reveal(sentences[this.#cursor][0]);
  }

  #select({ start, end }) {
    const place = (point, at) => [
      this.#pieces[at].element.firstChild,
      this.#offsets.toUnits(point) - this.#offsets.toUnits(this.#pieces[at].start),
    ];
    const first = Math.min(this.#pieceAt(start), this.#pieces.length - 1);
    const last = end > start ? this.#pieceAt(end - 1) : first;
    getSelection().setBaseAndExtent(...place(start, first), ...place(end, last));
    this.#marked = { start, end };
    this.#tell("selection");
  }

  #pieceAt(point) {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle].end <= point) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
