// The work on one article: its records, undo, and how they get to the server.
//
// Every change is in the browser at once, and at the server a moment later. A change names the
// version that it was made to; where the server has another one, nothing is sent until the person
// has chosen. `sync` says where the work stands: kept, waiting, offline, locked, conflict, failed.

import { Locked, Unreachable } from "./api.js";
import { same } from "./records.js";

const DELAY_MS = 300;
const RETRY_MS = [500, 1000, 2000, 4000];
const HISTORY = 200;

export class Work extends EventTarget {
  theirs = null; // the other version, in a conflict
  restored = null; // when the work was done that the browser had and the server had not
  trouble = ""; // why the last attempt failed
  checked = false; // whether the person has asked to save
  #api;
  #mirror;
  #presence;
  #past = [];
  #future = [];
  #label = null;
  #dirty = false;
  #attempted = []; // names of the versions that were sent since a reply came
  #sent = null; // the records of the last of them
  #busy = Promise.resolve();
  #timer = 0;
  #failures = 0;

  constructor(article, { api, mirror, presence }) {
    super();
    this.article = article;
    this.#api = api;
    this.#mirror = mirror;
    this.#presence = presence;
    this.records = article.records;
    this.#adopt(article);
    this.sync = "kept";
  }

  // Opens an article, with what the browser has of it that the server has not.
  static async open(name, means) {
    const { status, data } = await means.api.article(name);
    if (status !== 200) throw new Error(data.error);
    const work = new Work(data, means);
    work.#restore(await means.presence.living());
    return work;
  }

  get isClean() {
    return !this.#dirty && this.sync === "kept";
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  // Changes the records; changes of one label that follow one another are undone together.
  change(make, label = null) {
    const records = structuredClone(this.records);
    make(records);
    if (label === null || label !== this.#label) this.#past = [...this.#past, this.records].slice(-HISTORY);
    this.#future = [];
    this.#label = label;
    this.#set(records, label === null ? "records" : "typed");
  }

  undo() {
    if (!this.canUndo) return;
    this.#future.push(this.records);
    this.#label = null;
    this.#set(this.#past.pop(), "records");
  }

  redo() {
    if (!this.canRedo) return;
    this.#past.push(this.records);
    this.#label = null;
    this.#set(this.#future.pop(), "records");
  }

  // Back to what is saved, or to what the run found.
  startOver() {
    this.change((records) => Object.assign(records, structuredClone(this.base)));
  }

  // Sends what is not sent, now.
  flush() {
    clearTimeout(this.#timer);
    this.#busy = this.#busy.then(() => this.#send());
    return this.#busy;
  }

  // Saves as gold; tells whether that succeeded.
  async save() {
    clearTimeout(this.#timer);
    let saved = false;
    this.#busy = this.#busy.then(async () => {
      saved = await this.#saveNow();
    });
    await this.#busy;
    return saved;
  }

  // Ends a conflict: the other version is overwritten.
  keepMine() {
    this.version = this.theirs.version;
    this.gold = this.theirs.gold_now;
    this.theirs = null;
    this.#dirty = true;
    this.#mirrorNow();
    this.#move("waiting");
    return this.flush();
  }

  // Ends a conflict: this version can be had again by undoing.
  takeTheirs() {
    const { theirs } = this;
    this.theirs = null;
    this.#past.push(this.records);
    this.#future = [];
    this.#label = null;
    this.records = theirs.records;
    this.#adopt(theirs);
    this.#attempted = [];
    this.#dirty = theirs.differs === true;
    this.#mirror.clear(this.article);
    this.#move(this.#dirty ? "waiting" : "kept");
    this.#tell("records");
    return this.#dirty ? this.flush() : Promise.resolve();
  }

  // Shows the other tab's change where nothing here would be lost.
  async refresh() {
    if (!this.isClean) return;
    try {
      const { status, data } = await this.#api.article(this.article.name);
      if (status !== 200 || !this.isClean || data.version === this.version) return;
      this.#past.push(this.records);
      this.records = data.records;
      this.#adopt(data);
      this.#tell("records");
      this.#tell("refreshed");
    } catch {
      // Told when something is to be sent.
    }
  }

  #set(records, event) {
    this.records = records;
    this.#dirty = true;
    this.restored = null;
    this.#mirrorNow();
    if (this.sync === "kept" || this.sync === "failed") this.#move("waiting");
    if (this.sync !== "conflict") this.#schedule(DELAY_MS);
    this.#tell(event);
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), delay);
  }

  async #send() {
    if (this.sync === "conflict") return;
    if (!this.#dirty) return this.sync === "kept" ? undefined : this.#reach();
    const sent = this.records;
    const version = crypto.randomUUID();
    this.#attempted.push(version);
    this.#sent = sent;
    this.#mirrorNow();
    const body = { version, gold: this.gold, records: sent };
    const reply = await this.#try(() => this.#api.keepDraft(this.article.name, this.version, body));
    if (reply?.status === 200) this.#arrived(reply.data, sent);
    else if (reply?.status === 409) await this.#compare();
  }

  async #saveNow() {
    if (this.sync === "conflict") return false;
    this.checked = true;
    const sent = this.records;
    const body = { gold: this.gold, records: sent };
    const reply = await this.#try(() => this.#api.save(this.article.name, this.version, body));
    if (reply?.status === 200) {
      if (this.records === sent) this.records = reply.data.records; // as `eval` reads them
      this.checked = false;
      this.#arrived(reply.data, this.records === reply.data.records ? this.records : sent);
      this.#tell("records");
      return true;
    }
    if (reply?.status === 422) {
      this.#move(this.#dirty ? "waiting" : "kept");
      this.#adopt(reply.data);
      if (this.#dirty) this.#schedule(DELAY_MS);
      this.#tell("records");
    } else if (reply?.status === 409) {
      return this.#compare();
    }
    return false;
  }

  // Asks the server; where it cannot be reached or cannot keep anything, tries again later.
  async #try(ask) {
    try {
      const reply = await ask();
      if ([200, 409, 422].includes(reply.status)) {
        this.#failures = 0;
        return reply;
      }
      this.trouble = reply.data.error;
      this.#move("failed");
    } catch (error) {
      this.trouble = "";
      if (error instanceof Locked) this.#move("locked");
      else if (error instanceof Unreachable) this.#move("offline");
      else throw error;
    }
    this.#schedule(RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)]);
    this.#failures += 1;
    return null;
  }

  #arrived(data, sent) {
    this.#adopt(data);
    this.#attempted = [];
    this.#dirty = this.records !== sent;
    if (this.#dirty) {
      this.#mirrorNow();
      this.#schedule(DELAY_MS);
      this.#move("waiting");
    } else {
      this.#mirror.clear(this.article);
      this.#move("kept");
    }
    this.#presence.changed(this.article.name, this.state);
    this.#tell("checked");
  }

  // Sees whether the server is there again; there is nothing to send.
  async #reach() {
    const reply = await this.#try(() => this.#api.article(this.article.name));
    if (reply?.status !== 200 || this.#dirty) return;
    if (reply.data.version !== this.version && !same(reply.data.records, this.records)) {
      this.#past.push(this.records);
      this.records = reply.data.records;
      this.#tell("refreshed");
    }
    this.#arrived(reply.data, this.records);
    this.#tell("records");
  }

  // The server has another version than the change was made to. It may be this tab's own, of a
  // request whose reply was lost. Tells whether these very records turn out to be saved.
  async #compare() {
    const reply = await this.#try(() => this.#api.article(this.article.name));
    if (reply?.status !== 200) return false;
    const theirs = reply.data;
    if (same(theirs.records, this.records) && theirs.gold === theirs.gold_now) {
      this.#arrived(theirs, this.records);
      return theirs.state === "saved";
    }
    const own = this.#attempted.includes(theirs.version) || (this.#sent && same(theirs.records, this.#sent));
    if (own && theirs.gold_now === this.gold) {
      this.version = theirs.version;
      await this.#send();
      return false;
    }
    this.#disagree(theirs.gold_now === theirs.gold ? theirs : otherGold(theirs));
    return false;
  }

  #disagree(theirs) {
    this.theirs = theirs;
    this.#mirrorNow();
    this.#move("conflict");
    this.#tell("conflict");
  }

  #restore(living) {
    const { article } = this;
    for (const entry of this.#mirror.found(article, living)) {
      if (same(entry.records, this.records)) {
        this.#mirror.clear(article, entry.tab);
        continue;
      }
      if (entry.base === this.version || entry.attempted?.includes(this.version)) {
        this.#past.push(this.records);
        this.records = entry.records;
        this.#dirty = true;
        this.restored = new Date(entry.time);
        this.#mirrorNow();
        if (entry.tab !== this.#presence.tab) this.#mirror.clear(article, entry.tab);
        this.#move("waiting");
        this.#schedule(DELAY_MS);
      } else {
        this.records = entry.records;
        this.version = entry.base;
        this.gold = entry.gold;
        this.#dirty = true;
        this.#disagree(article);
        if (entry.tab !== this.#presence.tab) this.#mirror.clear(article, entry.tab);
      }
      return;
    }
    if (article.gold !== article.gold_now) this.#disagree(otherGold(article));
  }

  #mirrorNow() {
    const entry = { base: this.version, attempted: this.#attempted, gold: this.gold, records: this.records };
    this.full = !this.#mirror.write(this.article, entry);
  }

  #adopt(data) {
    this.version = data.version;
    this.gold = data.gold;
    this.state = data.state;
    this.base = data.base ?? this.base;
    this.faults = data.faults ?? [];
    this.notes = data.notes ?? [];
  }

  #move(sync) {
    this.sync = sync;
    this.#tell("sync");
  }

  #tell(event) {
    this.dispatchEvent(new Event(event));
  }
}

// The gold file was changed by something else while there was a draft: that is the other version.
function otherGold(article) {
  return { ...article, records: article.base, gold: article.gold_now, state: "saved", differs: true };
}
