// Offsets: the records count code points, strings here count UTF-16 units.

/** An article's text, addressed by code points. */
export class Text {
  constructor(string) {
    this.string = string;
    this.units = null;
  }

  /** Return where a code point begins, in UTF-16 units. */
  unit(point) {
    if (!this.units)
      this.units = /[\ud800-\udbff]/.test(this.string) ? unitsOf(this.string) : "same";
    return this.units === "same" ? point : this.units[point];
  }

  /** Return the characters of a place `[start, end]`. */
  slice([start, end]) {
    return this.string.slice(this.unit(start), this.unit(end));
  }
}

function unitsOf(string) {
  const units = [];
  let unit = 0;
  for (const character of string) {
    units.push(unit);
    unit += character.length;
  }
  units.push(unit);
  return units;
}

const MARKS = /\p{M}/gu;

/** Fold a text, and return with it where each of its characters comes from. */
export function foldedWithPlaces(text) {
  let folded = "";
  const places = [];
  let at = 0;
  for (const character of text) {
    const part = fold(character);
    for (let i = 0; i < part.length; i += 1) places.push(at);
    folded += part;
    at += character.length;
  }
  places.push(at);
  return { folded, places };
}

/** Fold case and accents, for searching. */
export function fold(text) {
  return text.normalize("NFD").replace(MARKS, "").toLowerCase().replaceAll("’", "'");
}
