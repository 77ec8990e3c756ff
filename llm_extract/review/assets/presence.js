// The tabs of one review: which of them live, and what they have open.

const PREFIX = "llm-extract-review";
const PATIENCE = 8; // a tab that is reloaded lets go of its name a moment later
const PAUSE_MS = 50;

export class Presence extends EventTarget {
  tab = "";
  others = new Set(); // other tabs that have the same article open
  #channel;
  #name = null;

  // Takes this tab's name; a tab that was duplicated comes with the other's and gets its own.
  static async arrive(identity) {
    const presence = new Presence();
    presence.tab = sessionStorage.getItem(`${PREFIX}/tab`) ?? crypto.randomUUID();
    for (let tries = 1; !(await hold(presence.tab)); tries += 1) {
      if (tries >= PATIENCE) presence.tab = crypto.randomUUID();
      else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    sessionStorage.setItem(`${PREFIX}/tab`, presence.tab);
    presence.#channel = new BroadcastChannel(`${PREFIX}/${identity}`);
    presence.#channel.addEventListener("message", ({ data }) => presence.#hear(data));
    addEventListener("pagehide", () => presence.leave());
    return presence;
  }

  // Returns the names of all tabs that are open.
  async living() {
    const { held } = await navigator.locks.query();
    return new Set(held.map((lock) => lock.name.replace(`${PREFIX}/tab/`, "")));
  }

  open(name) {
    this.leave();
    this.#name = name;
    this.#say("open");
  }

  leave() {
    if (this.#name !== null) this.#say("left");
    this.#name = null;
    this.#count(() => this.others.clear());
  }

  changed(name, state) {
    this.#say("changed", { name, state });
  }

  shareToken(token) {
    this.#say("token", { token });
  }

  #say(kind, more = {}) {
    this.#channel.postMessage({ kind, tab: this.tab, name: this.#name, ...more });
  }

  #hear(message) {
    const { kind, tab, name } = message;
    if (kind === "token") this.#tell("token", message.token);
    if (kind === "changed") return this.#tell("changed", { name, state: message.state });
    if (name !== this.#name || name === null) return;
    if (kind === "open") this.#say("here");
    if (kind === "open" || kind === "here") this.#count(() => this.others.add(tab));
    if (kind === "left") this.#count(() => this.others.delete(tab));
  }

  #count(change) {
    const before = this.others.size;
    change();
    if (this.others.size !== before) this.#tell("others");
  }

  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}

// Holds a tab's name for as long as it lives; resolves to whether nobody else held it.
function hold(tab) {
  return new Promise((resolve) => {
    navigator.locks.request(`${PREFIX}/tab/${tab}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise(() => {}) : undefined;
    });
  });
}
