// The graph of actors: laid out by d3-force before it is shown, so that nothing moves.

import { count, counted, svg } from "./dom.js";
import { href } from "./route.js";

const TICKS = 320;
const LETTER = 6.3; // pixels, about, of a label's letter
const LABEL = 26; // letters of a label
const MARGIN = 34;

/** Return the actors of meetings, and the pairs among them, each with most meetings first. */
export function companyOf(meetings) {
  const nodes = new Map();
  const edges = new Map();
  for (const meeting of meetings) {
    const present = meeting.actors.map((actor) => {
      if (!nodes.has(actor)) nodes.set(actor, { id: actor.id, actor, meetings: [] });
      const node = nodes.get(actor);
      node.meetings.push(meeting);
      return node;
    });
    for (const [index, source] of present.entries()) {
      for (const target of present.slice(index + 1)) {
        const [a, b] = source.id < target.id ? [source, target] : [target, source];
        const key = `${a.id}\n${b.id}`;
        if (!edges.has(key)) edges.set(key, { source: a, target: b, meetings: [] });
        edges.get(key).meetings.push(meeting);
      }
    }
  }
  const most = (a, b) => b.meetings.length - a.meetings.length;
  return { actors: [...nodes.values()].sort(most), edges: [...edges.values()].sort(most) };
}

/** Draw the actors with most meetings: `{picture, arrange}`; `arrange` fits the picture to a width. */
export function drawGraph(company, number, filters) {
  const nodes = company.actors
    .slice(0, number)
    .map((node) => ({ ...node, r: 4 + 4 * Math.sqrt(node.meetings.length) }));
  const drawn = new Map(nodes.map((node) => [node.id, node]));
  const edges = company.edges
    .filter((edge) => drawn.has(edge.source.id) && drawn.has(edge.target.id))
    .map((edge) => ({
      ...edge,
      source: drawn.get(edge.source.id),
      target: drawn.get(edge.target.id),
    }));
  layOut(nodes, edges);
  for (const edge of edges) edge.element = drawEdge(edge, filters);
  for (const [index, node] of nodes.entries()) node.element = drawNode(node, index, filters);
  const picture = svg(
    "svg",
    {
      role: "group",
      "aria-label": `${counted(nodes.length, "actor")} and ${counted(edges.length, "pair")} that met. Arrow keys go from actor to actor.`,
    },
    svg(
      "g",
      { class: "edges" },
      edges.map((edge) => edge.element),
    ),
    svg(
      "g",
      { class: "nodes" },
      nodes.map((node) => node.element),
    ),
  );
  picture.addEventListener("keydown", (event) => move(event, picture));
  return { picture, arrange: (width) => arrange(picture, nodes, edges, width) };
}

/** Fit a picture to a width: everything keeps its neighbours. */
function arrange(picture, nodes, edges, given) {
  const width = Math.max(280, Math.min(given, 1400));
  const height = Math.round(width < 600 ? width * 1.15 : Math.min(640, width * 0.68));
  set(picture, { viewBox: `0 0 ${width} ${height}`, width, height });
  stretch(nodes, "x", MARGIN + 30, width - MARGIN - 30);
  stretch(nodes, "y", MARGIN, height - MARGIN);
  placeLabels(nodes, width);
  for (const { element, source, target } of edges) {
    for (const line of element.querySelectorAll("line"))
      set(line, { x1: source.x, y1: source.y, x2: target.x, y2: target.y });
  }
  for (const { element, x, y, place, hidden } of nodes) {
    set(element, { transform: `translate(${x} ${y})` });
    element.classList.toggle("crowded", hidden);
    set(element.querySelector("text"), { x: place.dx, y: place.dy, "text-anchor": place.anchor });
  }
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** Mark the actor or pair whose details are open. */
export function mark(element, [what, ...ids]) {
  const key = what === "pair" ? [...ids].sort().join("\n") : ids[0];
  for (const part of element.querySelectorAll("[data-key]")) {
    part.classList.toggle("on", Boolean(key) && part.dataset.key === key);
  }
}

function layOut(nodes, edges) {
  const { d3 } = globalThis;
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(edges).distance(84).strength(0.5))
    .force("charge", d3.forceManyBody().strength(-230).distanceMax(360))
    .force("x", d3.forceX(0).strength(0.04))
    .force("y", d3.forceY(0).strength(0.075))
    .force(
      "collide",
      d3.forceCollide((node) => node.r + 16),
    )
    .stop()
    .tick(TICKS);
  for (const node of nodes) node.laid = { x: node.x, y: node.y };
}

/** Fit the positions along an axis into the frame. */
function stretch(nodes, axis, low, high) {
  const values = nodes.map((node) => node.laid[axis]);
  const [from, to] = [Math.min(...values), Math.max(...values)];
  const scale = to > from ? Math.min((high - low) / (to - from), 1.6) : 1;
  const middle = (from + to) / 2;
  for (const node of nodes) node[axis] = (low + high) / 2 + (node.laid[axis] - middle) * scale;
}

/** Give labels room: those with most meetings first; what finds none shows its label when pointed at. */
function placeLabels(nodes, width) {
  const taken = nodes.map((node) => ({
    left: node.x - node.r,
    right: node.x + node.r,
    top: node.y - node.r,
    bottom: node.y + node.r,
  }));
  for (const node of nodes) {
    const wide = shortened(node.actor.name).length * LETTER;
    const places = [
      [0, node.r + 13, "middle"],
      [0, -node.r - 5, "middle"],
      [node.r + 4, 4, "start"],
      [-node.r - 4, 4, "end"],
      [-node.r, node.r + 13, "start"],
      [node.r, node.r + 13, "end"],
      [-node.r, -node.r - 5, "start"],
      [node.r, -node.r - 5, "end"],
      [0, node.r + 26, "middle"],
      [0, -node.r - 18, "middle"],
    ];
    const boxes = places.map(([dx, dy, anchor]) => {
      const left = node.x + dx - (anchor === "middle" ? wide / 2 : anchor === "end" ? wide : 0);
      return {
        dx,
        dy,
        anchor,
        left,
        right: left + wide,
        top: node.y + dy - 11,
        bottom: node.y + dy + 3,
      };
    });
    const free = boxes.find(
      (box) => box.left >= 0 && box.right <= width && !taken.some((other) => overlap(box, other)),
    );
    node.place = free ?? boxes[0];
    node.hidden = !free;
    if (free) taken.push(free);
  }
}

function shortened(name) {
  return name.length > LABEL ? `${name.slice(0, LABEL - 1).trimEnd()}…` : name;
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function drawEdge(edge, filters) {
  const { source, target, meetings } = edge;
  const style = meetings.some(({ status }) => status === "held" || status === "ongoing")
    ? "held"
    : meetings.some(({ status }) => status !== "declined")
      ? "open"
      : "declined";
  return svg(
    "a",
    {
      class: `edge ${style}`,
      href: href("meetings", ["pair", source.id, target.id], filters),
      tabindex: "-1",
      "data-key": `${source.id}\n${target.id}`,
      "aria-label": `${source.actor.name} and ${target.actor.name}: ${counted(meetings.length, "meeting")}`,
    },
    svg(
      "title",
      {},
      `${source.actor.name} · ${target.actor.name}: ${counted(meetings.length, "meeting")}`,
    ),
    svg("line", { class: "reach" }),
    svg("line", { class: "line", "stroke-width": 1 + 1.1 * Math.sqrt(meetings.length) }),
  );
}

function drawNode(node, index, filters) {
  return svg(
    "a",
    {
      class: "node",
      href: href("meetings", ["actor", node.id], filters),
      tabindex: index ? "-1" : "0",
      "data-key": node.id,
      "aria-label": `${node.actor.name}: ${counted(node.meetings.length, "meeting")}`,
    },
    svg("title", {}, `${node.actor.name}: ${count(node.meetings.length)}`),
    svg("circle", { r: node.r }),
    svg("text", {}, shortened(node.actor.name)),
  );
}

/** Let the arrow keys go from actor to actor. */
function move(event, picture) {
  const nodes = [...picture.querySelectorAll(".node")];
  const at = nodes.indexOf(document.activeElement);
  const by = {
    ArrowRight: 1,
    ArrowDown: 1,
    ArrowLeft: -1,
    ArrowUp: -1,
    Home: -at,
    End: nodes.length - 1 - at,
  }[event.key];
  if (by === undefined || at < 0) return;
  event.preventDefault();
  nodes[at].setAttribute("tabindex", "-1");
  const next = nodes[(at + by + nodes.length) % nodes.length];
  next.setAttribute("tabindex", "0");
  next.focus();
}
