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

/** Draw the actors with most meetings. */
export function drawGraph(app, company, number) {
  const width = Math.max(280, Math.min(app.main.querySelector(".graph")?.clientWidth ?? app.main.clientWidth, 1400));
  const height = Math.round(width < 600 ? width * 1.15 : Math.min(640, width * 0.68));
  const nodes = company.actors.slice(0, number).map((node) => ({ ...node, r: 5 + 3.2 * Math.sqrt(node.meetings.length) }));
  const drawn = new Map(nodes.map((node) => [node.id, node]));
  const edges = company.edges
    .filter((edge) => drawn.has(edge.source.id) && drawn.has(edge.target.id))
    .map((edge) => ({ ...edge, source: drawn.get(edge.source.id), target: drawn.get(edge.target.id) }));
  layOut(nodes, edges, width, height);
  placeLabels(nodes, width);
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `${counted(nodes.length, "actor")} and ${counted(edges.length, "pair")} that met. Arrow keys go from actor to actor.` },
    svg("g", { class: "edges" }, edges.map((edge) => drawEdge(edge, app.filters))),
    svg("g", { class: "nodes" }, nodes.map((node, index) => drawNode(node, index, app.filters))),
  );
  picture.addEventListener("keydown", (event) => move(event, picture));
  return picture;
}

/** Mark the actor or pair whose details are open. */
export function mark(element, [what, ...ids]) {
  const key = what === "pair" ? [...ids].sort().join("\n") : ids[0];
  for (const part of element.querySelectorAll("[data-key]")) {
    part.classList.toggle("on", Boolean(key) && part.dataset.key === key);
  }
}

function layOut(nodes, edges, width, height) {
  const { d3 } = globalThis;
  const flat = height / width;
  d3.forceSimulation(nodes)
    .force("link", d3.forceLink(edges).distance(84).strength(0.5))
    .force("charge", d3.forceManyBody().strength(-230).distanceMax(360))
    .force("x", d3.forceX(0).strength(0.055 * flat))
    .force("y", d3.forceY(0).strength(0.055 / flat))
    .force("collide", d3.forceCollide((node) => node.r + 16))
    .stop()
    .tick(TICKS);
  stretch(nodes, "x", MARGIN + 30, width - MARGIN - 30);
  stretch(nodes, "y", MARGIN, height - MARGIN);
}

/** Fit positions into the frame. */
function stretch(nodes, axis, low, high) {
  const values = nodes.map((node) => node[axis]);
  const [from, to] = [Math.min(...values), Math.max(...values)];
  const scale = to > from ? Math.min((high - low) / (to - from), 1.6) : 1;
  const middle = (from + to) / 2;
  for (const node of nodes) node[axis] = (low + high) / 2 + (node[axis] - middle) * scale;
}

/** Give labels room: those with most meetings first; what finds none shows its label when pointed at. */
function placeLabels(nodes, width) {
  const taken = nodes.map((node) => ({ left: node.x - node.r, right: node.x + node.r, top: node.y - node.r, bottom: node.y + node.r }));
  for (const node of nodes) {
    const name = node.actor.name;
    node.label = name.length > LABEL ? `${name.slice(0, LABEL - 1).trimEnd()}…` : name;
    const wide = node.label.length * LETTER;
    const places = [
      [0, node.r + 13, "middle"], [0, -node.r - 5, "middle"], [node.r + 4, 4, "start"], [-node.r - 4, 4, "end"],
      [-node.r, node.r + 13, "start"], [node.r, node.r + 13, "end"], [-node.r, -node.r - 5, "start"], [node.r, -node.r - 5, "end"],
      [0, node.r + 26, "middle"], [0, -node.r - 18, "middle"],
    ];
    const boxes = places.map(([dx, dy, anchor]) => {
      const left = node.x + dx - (anchor === "middle" ? wide / 2 : anchor === "end" ? wide : 0);
      return { dx, dy, anchor, left, right: left + wide, top: node.y + dy - 11, bottom: node.y + dy + 3 };
    });
    const free = boxes.find((box) => box.left >= 0 && box.right <= width && !taken.some((other) => overlap(box, other)));
    node.place = free ?? boxes[0];
    node.hidden = !free;
    if (free) taken.push(free);
  }
}

function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function drawEdge(edge, filters) {
  const { source, target, meetings } = edge;
  const style = meetings.some(({ status }) => status === "held" || status === "ongoing") ? "held" : meetings.some(({ status }) => status !== "declined") ? "open" : "declined";
  const ends = { x1: source.x, y1: source.y, x2: target.x, y2: target.y };
  return svg(
    "a",
    { class: `edge ${style}`, href: href("meetings", ["pair", source.id, target.id], filters), tabindex: "-1", "data-key": `${source.id}\n${target.id}`, "aria-label": `${source.actor.name} and ${target.actor.name}: ${counted(meetings.length, "meeting")}` },
    svg("title", {}, `${source.actor.name} · ${target.actor.name}: ${counted(meetings.length, "meeting")}`),
    svg("line", { class: "reach", ...ends }),
    svg("line", { class: "line", "stroke-width": 1 + 1.1 * Math.sqrt(meetings.length), ...ends }),
  );
}

function drawNode(node, index, filters) {
  const { dx, dy, anchor } = node.place;
  return svg(
    "a",
    { class: node.hidden ? "node crowded" : "node", href: href("meetings", ["actor", node.id], filters), transform: `translate(${node.x} ${node.y})`, tabindex: index ? "-1" : "0", "data-key": node.id, "aria-label": `${node.actor.name}: ${counted(node.meetings.length, "meeting")}` },
    svg("title", {}, `${node.actor.name}: ${count(node.meetings.length)}`),
    svg("circle", { r: node.r }),
    svg("text", { x: dx, y: dy, "text-anchor": anchor }, node.label),
  );
}

/** Let the arrow keys go from actor to actor. */
function move(event, picture) {
  const nodes = [...picture.querySelectorAll(".node")];
  const at = nodes.indexOf(document.activeElement);
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -at, End: nodes.length - 1 - at }[event.key];
  if (by === undefined || at < 0) return;
  event.preventDefault();
  nodes[at].setAttribute("tabindex", "-1");
  const next = nodes[(at + by + nodes.length) % nodes.length];
  next.setAttribute("tabindex", "0");
  next.focus();
}
