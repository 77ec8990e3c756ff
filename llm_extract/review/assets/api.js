// Talks to the server. The token comes with the address that the command printed.

const KEPT = "llm-extract-review/token";

export class Unreachable extends Error {}
export class Locked extends Error {}

export class Api {
  #token;

  constructor() {
    this.#token = takeFromAddress() ?? sessionStorage.getItem(KEPT);
    if (this.#token) sessionStorage.setItem(KEPT, this.#token);
  }

  get token() {
    return this.#token;
  }

  set token(token) {
    this.#token = token;
    sessionStorage.setItem(KEPT, token);
  }

  // Takes the token of a new address that was opened in this tab; tells whether there was one.
  takeToken() {
    const token = takeFromAddress();
    if (token) this.token = token;
    return token !== null;
  }

  list() {
    return this.#ask("GET", "/api/articles");
  }

  article(name) {
    return this.#ask("GET", `/api/articles/${encodeURIComponent(name)}`);
  }

  keepDraft(name, version, body) {
    return this.#ask("PUT", `/api/articles/${encodeURIComponent(name)}/draft`, version, body);
  }

  save(name, version, body) {
    return this.#ask("PUT", `/api/articles/${encodeURIComponent(name)}/gold`, version, body);
  }

  // Returns { status, data } for every answer but a refused token.
  async #ask(method, path, version, body) {
    const headers = { Authorization: `Bearer ${this.#token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (version !== undefined) headers["If-Match"] = version;
    let response, data;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      });
      data = await response.json();
    } catch {
      throw new Unreachable();
    }
    if (response.status === 403) throw new Locked(data.error);
    return { status: response.status, data };
  }
}

function takeFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get("token");
  if (token === null) return null;
  given.delete("token");
  history.replaceState(null, "", given.size ? `#${given}` : location.pathname);
  return token;
}
