// Making elements. All text goes through text nodes; nothing here or elsewhere parses HTML.

const SVG = "http://www.w3.org/2000/svg";
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Show marks that would reorder what follows them as what they are. */
export function visible(text) {
  return String(text).replace(
    REORDERING,
    (mark) => `[U+${mark.codePointAt(0).toString(16).toUpperCase()}]`,
  );
}

/** Make an element: `h("a", { href, class, onclick }, child, [children], "text")`. */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/** Words of an article or a model, which may run in either direction: kept apart from ours. */
export function bdi(text, props) {
  return h("bdi", props, text);
}

/** Put new children in place of those an element has. */
export function refill(element, ...children) {
  element.replaceChildren();
  return fill(element, null, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return element;
}

/** Put words between the items of a list. */
export function joined(items, between) {
  return items.flatMap((item, index) =>
    index ? [h("span", { class: "with" }, between), item] : [item],
  );
}

const FORMAT = new Intl.NumberFormat("en");

/** Write a number with separators: `12,345`. */
export function count(number) {
  return FORMAT.format(number);
}

/** Write a number with what it counts: `1 meeting`, `2 meetings`. */
export function counted(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Tell those who cannot see it what changed. */
export function say(words) {
  document.getElementById("said").textContent = words;
}
