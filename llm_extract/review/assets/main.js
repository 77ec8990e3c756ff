// Puts the page together: articles, text, records, keys.

import { Api, Locked, Unreachable } from "./api.js";
import { Cards } from "./cards.js";
import { askConflict, notice } from "./dialogs.js";
import { byId, make } from "./dom.js";
import { listenToKeys, showKeys } from "./keys.js";
import { ArticleList } from "./list.js";
import { Mirror } from "./mirror.js";
import { Presence } from "./presence.js";
import { actorNames, indexFor, KINDS, NAMES, newRecord, placeOf } from "./records.js";
import { TextPane } from "./textpane.js";
import { Work } from "./work.js";

const SYNC_WORDS = {
  kept: "", waiting: "Keeping the draft…", offline: "Not reachable", locked: "Server started anew",
  conflict: "Two versions", failed: "Not kept",
};
const STATE_WORDS = { untouched: "Not looked at", draft: "Draft kept", saved: "Saved as gold" };

const api = new Api();
const pane = new TextPane(byId("text"));
const list = new ArticleList((name) => open(name));
const cards = new Cards(byId("cards"), {
  select: (selected) => select(selected),
  change: (make, path) => change(make, path),
  type: (make, label) => type(make, label),
  remove: (kind, index) => remove(kind, index),
  addEvidence: (exact) => addEvidence(exact),
  setWords: (index, exact) => setWords(index, exact),
  reveal: (span) => pane.reveal(span.start),
});
const works = new Map(); // by name: the open one, and those that are not sent yet
let work = null;
let selected = null;
let means = null;
let opening = 0;

const cut = (span) => pane.cut(span);

async function start() {
  if (!api.token) return lockedOut();
  let data;
  try {
    ({ data } = await api.list());
  } catch (error) {
    if (error instanceof Locked) return lockedOut();
    notice("server", "The server does not answer. Start `llm-extract review` again and open the address that it prints.", { kind: "bad" });
    return setTimeout(start, 2000);
  }
  notice("server", "");
  const presence = await Presence.arrive(data.identity);
  means = { api, presence, mirror: new Mirror(data.identity, presence.tab) };
  presence.addEventListener("others", warnOfOthers);
  presence.addEventListener("token", ({ detail }) => takeToken(detail));
  presence.addEventListener("changed", ({ detail }) => changedElsewhere(detail));
  presence.shareToken(api.token);
  document.title = `Review: ${data.folder}`;
  list.set(data.articles);
  const wanted = new URLSearchParams(location.hash.slice(1)).get("article");
  const first = data.articles.find(({ name }) => name === wanted) ?? data.articles.find(({ state }) => state !== "saved") ?? data.articles[0];
  if (first) await open(first.name);
  else notice("article", "The run has no finished article to review.", { kind: "bad" });
}

function lockedOut() {
  notice("server", "Open the address that `llm-extract review` printed: it holds the key to this page.", { kind: "bad" });
}

async function takeToken(token) {
  if (token === api.token) return;
  api.token = token;
  for (const one of works.values()) one.flush();
}

function changedElsewhere({ name, state }) {
  list.setState(name, state);
  if (work?.article.name === name) work.refresh();
}

function warnOfOthers() {
  const count = means.presence.others.size;
  if (count) work?.refresh(); // it may have sent something while this tab was loading
  notice("others", count ? "This article is open in another tab too. You will be asked before one version overwrites the other." : "", { kind: "warn" });
}

async function open(name) {
  const turn = (opening += 1);
  let opened = works.get(name);
  try {
    opened ??= await Work.open(name, means);
    if (turn !== opening) return; // another one was asked for meanwhile
  } catch (error) {
    if (turn !== opening) return;
    const words = error instanceof Unreachable ? "The server does not answer, so no other article can be opened. What you do here is kept in the browser."
      : error instanceof Locked ? "The server was started anew: open the address that it printed." : error.message;
    return notice("article", words, { kind: "bad" });
  }
  const left = work;
  if (left && left !== opened) left.flush().then(() => left.isClean && left !== work && works.delete(left.article.name));
  if (!works.has(name)) listen(opened);
  works.set(name, opened);
  work = opened;
  selected = null;
  list.current = name;
  for (const purpose of ["article", "saved", "restored", "refreshed"]) notice(purpose, "");
  history.replaceState(null, "", `#${new URLSearchParams({ article: name })}`);
  means.presence.open(name);
  byId("title").textContent = opened.article.title || opened.article.id;
  byId("place").textContent = [opened.article.title ? opened.article.id : "", opened.article.published ?? ""].filter(Boolean).join(" · ");
  closeList();
  pane.show(opened.article);
  byId("records").scrollTop = 0;
  list.render();
  byId(`article-${name}`)?.scrollIntoView({ block: "nearest" });
  render();
  showSync();
  if (opened.restored) {
    const time = opened.restored.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    notice("restored", `Brought back your work of ${time} that had not reached the server.`, { actions: [["Keep", () => {}], ["Drop it", () => opened.undo()]] });
  }
  if (opened.sync === "conflict") askConflict(opened, cut);
}

function listen(one) {
  const shown = (act) => () => one === work && act();
  one.addEventListener("records", shown(render));
  one.addEventListener("checked", () => {
    list.setState(one.article.name, one.state);
    if (one === work) showChecked();
  });
  one.addEventListener("sync", shown(showSync));
  one.addEventListener("conflict", () => {
    if (one === work) return askConflict(one, cut);
    const { id, name } = one.article;
    notice("elsewhere", `There are two versions of ${id}.`, { kind: "bad", actions: [["Open it", () => open(name)]] });
  });
  one.addEventListener("refreshed", shown(() => notice("refreshed", "Shows what another tab changed; Undo brings back what was here.", { actions: [["OK", () => {}]] })));
}

function render() {
  if (selected && !work.records[selected.kind][selected.index]) selected = null;
  pane.render(work.records);
  pane.emphasise(selected);
  cards.render(work, selected, cut);
  suggestNames();
  showChecked();
}

// Changes a field; one without a label is a choice, after which all is shown anew.
function type(make, label) {
  work.change(make, label);
  if (label === null) return;
  cards.refreshLines(work);
  suggestNames();
  showSync();
}

function suggestNames() {
  const names = actorNames(work.records, work.base);
  byId("names").replaceChildren(...names.map((name) => make("option", { value: name })));
}

function showChecked() {
  cards.showFaults(work);
  const { faults } = work;
  const words = faults.length ? `${faults.length} ${faults.length === 1 ? "thing" : "things"} to mend before this can be saved` : "";
  const links = (work.checked ? faults : []).map((fault) =>
    make("li", {}, make("button", { type: "button", class: "link", on: { click: () => goTo(fault.path) } }, `${nameOf(fault.path)}: ${fault.message}`)));
  byId("faults").replaceChildren(...(words ? [make("p", { class: "hint" }, words), make("ul", {}, ...links)] : []));
  showSync();
}

function nameOf([kind, index, ...rest]) {
  const field = rest.filter((step) => typeof step === "string" && step !== "name").join(" ");
  return `${NAMES[kind]} ${index + 1}${field ? `, ${field}` : ""}`;
}

function goTo([kind, index, ...rest]) {
  select({ kind, index });
  for (let length = rest.length; length > 0; length -= 1) {
    const field = byId(["f", kind, index, ...rest.slice(0, length)].join("-"));
    if (field) return (field.matches("input, select, textarea") ? field : field.querySelector("input, button"))?.focus();
  }
}

function showSync() {
  const { sync, state } = work;
  byId("sync").textContent = sync === "kept" ? STATE_WORDS[state] : SYNC_WORDS[sync];
  byId("sync").className = `sync ${sync === "kept" ? state : sync}`;
  const actions = [["Compare", () => askConflict(work, cut)]];
  const words = {
    offline: "The server does not answer. You can go on: your work is kept in this browser and sent as soon as the server is back. If it was stopped, start `llm-extract review` again and open the address that it prints.",
    locked: "The server was started anew. Open the address that it printed: your unsent work is kept in this browser and comes back there.",
    conflict: "There are two versions of this article. Nothing is sent until you choose.",
    failed: `Your work is kept in this browser only: ${work.trouble}`,
  }[sync];
  notice("sync", words ?? "", { kind: "bad", actions: sync === "conflict" ? actions : [] });
  notice("full", work.full ? "This browser has no room to keep unsent work." : "", { kind: "bad" });
  byId("start-over").hidden = state !== "draft" || sync !== "kept";
  byId("undo").disabled = !work.canUndo;
  byId("redo").disabled = !work.canRedo;
  for (const id of ["save", "save-next"]) byId(id).disabled = sync === "conflict";
}

function select(wanted) {
  selected = wanted;
  pane.emphasise(selected);
  cards.render(work, selected, cut);
  if (!selected) return;
  const { kind, index } = selected;
  byId(`card-${kind}-${index}`).scrollIntoView({ block: "nearest" });
  const place = placeOf(kind, work.records[kind][index]);
  if (Number.isFinite(place)) pane.reveal(place);
}

// Changes the records and shows it; `path` leads to the field to go to.
function change(make, path = null) {
  work.change(make);
  if (path) byId(["f", ...path].join("-"))?.focus();
}

function remove(kind, index) {
  selected = null;
  work.change((records) => records[kind].splice(index, 1));
  notice("removed", `Deleted the ${NAMES[kind]}.`, { actions: [["Undo", () => work.undo()], ["OK", () => {}]] });
  byId("text").focus({ preventScroll: true });
}

function spansOf(exact) {
  const { selection } = pane;
  if (!selection) return [];
  if (!exact) return pane.sentencesOver(selection);
  const only = pane.trimmed(selection);
  return only ? [only] : [];
}

function add(kind, exact) {
  if (!work) return;
  const { selection } = pane;
  const words = kind === "quotes" && selection ? (exact ? pane.trimmed(selection) : pane.wordsIn(selection)) : null;
  const evidence = kind === "quotes" ? (words ? pane.sentencesOver(words) : []) : spansOf(exact);
  if (!evidence.length) {
    const what = kind === "quotes" ? "the quoted words, or click into them," : "the text that states it";
    return notice("select", `Select ${what} first.`, { kind: "warn", actions: [["OK", () => {}]] });
  }
  notice("select", "");
  const record = newRecord(kind, evidence, words);
  const index = indexFor(kind, work.records, record);
  selected = { kind, index };
  work.change((records) => records[kind].splice(index, 0, record));
  pane.forget();
  byId(`card-${kind}-${index}`).scrollIntoView({ block: "nearest" });
  const field = { meetings: "participants-0-name", positions: "holder-name", quotes: "speaker-name" }[kind];
  byId(`f-${kind}-${index}-${field}`).focus();
}

function addEvidence(exact) {
  if (!work) return;
  const spans = spansOf(exact);
  if (!selected || !spans.length) {
    return notice("select", selected ? "Select the text that states it first." : "Open a record first, then select the text that states it.", { kind: "warn", actions: [["OK", () => {}]] });
  }
  notice("select", "");
  const { kind, index } = selected;
  work.change((records) => {
    const { evidence } = records[kind][index];
    evidence.push(...spans.filter((span) => !evidence.some((other) => other.start === span.start && other.end === span.end)));
  });
  pane.forget();
}

function setWords(index, exact) {
  const words = pane.selection && (exact ? pane.trimmed(pane.selection) : pane.wordsIn(pane.selection));
  if (!words) return notice("select", "Select the quoted words first.", { kind: "warn", actions: [["OK", () => {}]] });
  notice("select", "");
  work.change((records) => {
    records.quotes[index].text = words;
  });
  pane.forget();
}

async function save(andNext) {
  if (!work || work.sync === "conflict") return;
  const saving = work;
  const saved = await saving.save();
  if (!saved) {
    if (saving === work && work.faults.length) goTo(work.faults[0].path);
    return;
  }
  if (!andNext) {
    const notes = saving.notes.length ? ` ${saving.notes.length} of its passages stand in the article more than once: see the notes in its records.` : "";
    return notice("saved", `Saved as gold.${notes}`, { kind: "good", actions: [["OK", () => {}]] });
  }
  const next = list.nextToDo();
  if (next) await open(next);
  else notice("saved", "Saved. All articles of this run are saved as gold.", { kind: "good", actions: [["OK", () => {}]] });
}

function step(by) {
  const name = list.step(by);
  if (name) open(name);
}

function stepRecord(by) {
  const all = KINDS.flatMap((kind) => work.records[kind].map((_, index) => ({ kind, index })));
  const at = all.findIndex(({ kind, index }) => kind === selected?.kind && index === selected?.index);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  if (all[next]) select(all[next]);
}

function closeList() {
  document.body.classList.remove("list-open");
  byId("toggle-list").setAttribute("aria-expanded", "false");
}

for (const kind of KINDS) byId(`add-${kind}`).addEventListener("click", (event) => add(kind, event.shiftKey));
byId("add-evidence").addEventListener("click", (event) => addEvidence(event.shiftKey));
byId("undo").addEventListener("click", () => work?.undo());
byId("redo").addEventListener("click", () => work?.redo());
byId("start-over").addEventListener("click", () => work?.startOver());
byId("save").addEventListener("click", () => save(false));
byId("save-next").addEventListener("click", () => save(true));
byId("help").addEventListener("click", showKeys);
byId("previous").addEventListener("click", () => step(-1));
byId("next").addEventListener("click", () => step(1));
byId("toggle-list").addEventListener("click", () => {
  const shown = document.body.classList.toggle("list-open");
  byId("toggle-list").setAttribute("aria-expanded", String(shown));
});
pane.addEventListener("selection", () => byId("reading").classList.toggle("has-selection", pane.selection !== null));
pane.addEventListener("pick", ({ detail: { covers } }) => {
  if (!covers.length) return;
  const at = covers.findIndex(([kind, index]) => kind === selected?.kind && index === selected?.index);
  const [kind, index] = covers[(at + 1) % covers.length];
  select({ kind, index });
});
listenToKeys({
  add,
  addEvidence,
  stepRecord: (by) => work && stepRecord(by),
  step,
  save,
  undo: () => work?.undo(),
  redo: () => work?.redo(),
  remove: () => selected && remove(selected.kind, selected.index),
  close: () => selected && select(null),
});
addEventListener("hashchange", () => {
  if (!api.takeToken()) return;
  if (!means) return location.reload();
  means.presence.shareToken(api.token);
  for (const one of works.values()) one.flush();
});
addEventListener("online", () => works.forEach((one) => one.flush()));
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

start();
