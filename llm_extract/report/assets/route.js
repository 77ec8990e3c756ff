// The address after `#`: which view, of what, and the filters. `#/article/a.txt/meeting-2?q=peace`

export const FILTERS = ["q", "actor", "kind", "article", "from", "to", "status", "stance"];

/** Read an address. */
export function parseRoute(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").map(decoded);
  const given = new URLSearchParams(query);
  const filters = {};
  for (const name of FILTERS) {
    const value = given.get(name)?.trim();
    if (value) filters[name] = value;
  }
  return { view: parts[0] || "overview", parts: parts.slice(1), filters };
}

/** Write an address. */
export function href(view, parts = [], filters = {}) {
  const chosen = FILTERS.filter((name) => filters[name]).map((name) => [name, filters[name]]);
  const query = chosen.length ? `?${new URLSearchParams(chosen)}` : "";
  return `#/${[view, ...parts].map(encodeURIComponent).join("/")}${query}`;
}

/** Return the filters without some of them. */
export function without(filters, ...names) {
  return Object.fromEntries(Object.entries(filters).filter(([name]) => !names.includes(name)));
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
