// Keeps in the browser what the server does not have yet. Each tab has entries of its own.

export class Mirror {
  #prefix;
  #tab;

  constructor(identity, tab) {
    this.#prefix = `llm-extract-review/${identity}`;
    this.#tab = tab;
  }

  // Tells whether there was room for the entry.
  write(article, entry) {
    try {
      localStorage.setItem(this.#key(article, this.#tab), JSON.stringify({ ...entry, time: Date.now() }));
      return true;
    } catch {
      return false;
    }
  }

  clear(article, tab = this.#tab) {
    localStorage.removeItem(this.#key(article, tab));
  }

  // Returns the entries of an article that no other living tab is about to send, the newest first.
  found(article, living) {
    const prefix = this.#key(article, "");
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    return keys
      .map((key) => ({ ...read(key), tab: key.slice(prefix.length) }))
      .filter(({ tab, records }) => records && (tab === this.#tab || !living.has(tab)))
      .sort((one, other) => other.time - one.time);
  }

  // Offsets are of use with the same text only.
  #key(article, tab) {
    return `${this.#prefix}/${article.name}/${article.sha256.slice(0, 16)}/${tab}`;
  }
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? {};
  } catch {
    return {};
  }
}
