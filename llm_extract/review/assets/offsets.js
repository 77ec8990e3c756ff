// Offsets of the server count code points, those of the browser UTF-16 units.

export class Offsets {
  #units = []; // where each character of two units begins

  constructor(text) {
    for (let unit = 0; unit < text.length; unit += 1) {
      const high = text.charCodeAt(unit);
      if (high >= 0xd800 && high < 0xdc00) {
        this.#units.push(unit);
        unit += 1;
      }
    }
  }

  // An offset within a character is taken as its beginning.
  toPoints(unit) {
    return unit - this.#count((index) => this.#units[index] < unit);
  }

  toUnits(point) {
    return point + this.#count((index) => this.#units[index] - index < point);
  }

  // How many characters of two units, from the first on, satisfy a condition.
  #count(holds) {
    let low = 0;
    let high = this.#units.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
