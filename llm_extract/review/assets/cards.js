// The records beside the text: one line each, and a form for the one that is selected.

import { make, replaceKeepingFocus } from "./dom.js";
import { KINDS, NAMES, newActor, summary } from "./records.js";

const TITLES = { meetings: "Meetings", positions: "Positions", quotes: "Quotes" };
const STATUSES = ["held", "ongoing", "planned", "proposed", "declined"];
const MODES = [["", "not stated"], ["in_person", "in person"], ["call", "call"]];

// `act` has what the forms can do: select, change, remove, addEvidence, setWords, reveal.
export class Cards {
  #root;
  #act;
  #work = null;
  #cut = null;

  constructor(root, act) {
    this.#root = root;
    this.#act = act;
  }

  render(work, selected, cut) {
    this.#work = work;
    this.#cut = cut;
    const sections = KINDS.map((kind) => {
      const cards = work.records[kind].map((record, index) => this.#card(kind, record, index, selected));
      const heading = make("h2", { class: `kind-${kind}` }, TITLES[kind], make("span", { class: "count" }, ` ${cards.length}`));
      const empty = cards.length ? null : make("p", { class: "hint" }, `None. Select text and press ${NAMES[kind][0]}.`);
      return make("section", { "aria-label": TITLES[kind] }, heading, empty, ...cards);
    });
    replaceKeepingFocus(this.#root, ...sections);
    this.showFaults(work);
  }

  // Brings the lines up to date while somebody types in a form.
  refreshLines(work) {
    for (const line of this.#root.querySelectorAll("[data-line]")) {
      const [kind, index] = line.dataset.line.split("-");
      line.textContent = summary(kind, work.records[kind][index], this.#cut);
    }
  }

  // Puts each message beside the field that it is about, once the person has asked to save.
  showFaults(work) {
    for (const old of this.#root.querySelectorAll(".fault")) old.remove();
    for (const field of this.#root.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
    for (const card of this.#root.querySelectorAll(".card")) {
      const [kind, index] = card.id.split("-").slice(1);
      const own = ({ path }) => path[0] === kind && path[1] === Number(index);
      card.classList.toggle("faulty", work.checked && work.faults.some(own));
    }
    const messages = [...(work.checked ? work.faults : []), ...work.notes];
    messages.forEach((fault, number) => this.#showFault(fault, number));
  }

  #showFault({ path, message }, number) {
    for (let length = path.length; length > 1; length -= 1) {
      const field = document.getElementById(`f-${path.slice(0, length).join("-")}`);
      if (!field) continue;
      const id = `fault-${number}`;
      const note = make("p", { class: "fault", id }, message);
      if (field.matches("input, select, textarea")) {
        field.setAttribute("aria-invalid", "true");
        field.setAttribute("aria-describedby", id);
        field.closest("label").after(note);
      } else {
        field.append(note);
      }
      return;
    }
  }

  #card(kind, record, index, selected) {
    const open = selected?.kind === kind && selected.index === index;
    const line = make("span", { data: { line: `${kind}-${index}` } }, summary(kind, record, this.#cut));
    const head = make(
      "button",
      {
        type: "button", class: "line", id: `line-${kind}-${index}`, "aria-expanded": String(open),
        on: { click: () => this.#act.select(open ? null : { kind, index }) },
      },
      line,
    );
    const form = open ? make("div", { class: "form", id: `f-${kind}-${index}` }, ...this.#fields(kind, record, index)) : null;
    return make("article", { class: `card kind-${kind}${open ? " open" : ""}`, id: `card-${kind}-${index}` }, head, form);
  }

  #fields(kind, record, index) {
    const at = [kind, index];
    const fields = { meetings: () => this.#meeting(record, at), positions: () => this.#position(record, at), quotes: () => this.#quote(record, at) }[kind]();
    const remove = make(
      "button",
      { type: "button", class: "quiet danger", id: `remove-${kind}-${index}`, title: "Delete (Del)", on: { click: () => this.#act.remove(kind, index) } },
      `Delete ${NAMES[kind]}`,
    );
    return [...fields, this.#evidence(record, at), make("div", { class: "row end" }, remove)];
  }

  #meeting(record, at) {
    const people = record.participants.map((one, number) => {
      const path = [...at, "participants", number];
      const drop = make(
        "button",
        {
          type: "button", class: "quiet small", id: `drop-${path.join("-")}`, "aria-label": `Remove participant ${number + 1}`,
          on: { click: () => this.#act.change((records) => records.meetings[at[1]].participants.splice(number, 1)) },
        },
        "Remove",
      );
      return make("div", { class: "actor" }, ...this.#actor(one, path, `Participant ${number + 1}`, drop));
    });
    const add = make(
      "button",
      {
        type: "button", class: "quiet small", id: `add-participant-${at[1]}`,
        on: { click: () => this.#act.change((records) => records.meetings[at[1]].participants.push(newActor()), [...at, "participants", people.length, "name"]) },
      },
      "Add participant",
    );
    return [
      make("fieldset", { id: `f-${at.join("-")}-participants` }, make("legend", {}, "Participants"), ...people, add),
      make("div", { class: "row" },
        this.#choice("Status", [...at, "status"], record.status, STATUSES.map((one) => [one, one])),
        this.#choice("Mode", [...at, "mode"], record.mode, MODES)),
      make("div", { class: "row" },
        this.#input("Date, in the article's words", [...at, "date"], record.date),
        this.#input("Location", [...at, "location"], record.location)),
      this.#lines("Topics, one a line", [...at, "topics"], record.topics),
    ];
  }

  #position(record, at) {
    return [
      make("div", { class: "actor" }, ...this.#actor(record.holder, [...at, "holder"], "Holder")),
      this.#choice("Stance", [...at, "stance"], record.stance, ["supports", "opposes", "mixed"].map((one) => [one, one])),
      this.#input("Issue, a positive noun phrase", [...at, "issue"], record.issue),
    ];
  }

  #quote(record, at) {
    const again = make(
      "button",
      { type: "button", class: "quiet small", id: `words-${at.join("-")}`, on: { click: (event) => this.#act.setWords(at[1], event.shiftKey) } },
      "Set to selected text",
    );
    return [
      make("div", { class: "actor" }, ...this.#actor(record.speaker, [...at, "speaker"], "Speaker")),
      make("div", { class: "spans", id: `f-${at.join("-")}-text` },
        make("h3", {}, "Quoted words"),
        make("div", { class: "span-row" }, this.#passage(record.text), again)),
      this.#choice("Kind", [...at, "kind"], record.kind, [["full", "full: a clause with subject and verb"], ["fragment", "fragment: a word or phrase"]]),
    ];
  }

  #actor(one, path, label, ...after) {
    const name = this.#input(label, [...path, "name"], one.name, { list: "names" });
    return [
      make("div", { class: "row end" }, name, ...after),
      make("div", { class: "row" },
        this.#input("Role", [...path, "role"], one.role, { class: "minor" }),
        this.#input("Affiliation", [...path, "affiliation"], one.affiliation, { class: "minor" })),
    ];
  }

  #evidence(record, at) {
    const rows = record.evidence.map((span, number) => {
      const path = [...at, "evidence", number];
      const edit = (change) => () => this.#act.change((records) => change(records[at[0]][at[1]].evidence));
      const first = number === 0 ? null : make(
        "button",
        { type: "button", class: "quiet small", id: `first-${path.join("-")}`, title: "The first one states it best",
          on: { click: edit((spans) => spans.unshift(...spans.splice(number, 1))) } },
        "Make first",
      );
      const drop = make(
        "button",
        { type: "button", class: "quiet small", id: `drop-${path.join("-")}`, "aria-label": `Remove evidence ${number + 1}`,
          on: { click: edit((spans) => spans.splice(number, 1)) } },
        "Remove",
      );
      return make("div", { class: "span-row", id: `f-${path.join("-")}` }, this.#passage(span), first, drop);
    });
    const add = make(
      "button",
      { type: "button", class: "quiet small", id: `add-evidence-${at.join("-")}`, title: "Whole sentences (e); with Shift exactly what is selected",
        on: { click: (event) => this.#act.addEvidence(event.shiftKey) } },
      "Add selected sentences",
    );
    return make("div", { class: "spans", id: `f-${at.join("-")}-evidence` }, make("h3", {}, "Evidence"), ...rows, add);
  }

  #passage(span) {
    return make(
      "button",
      { type: "button", class: "passage", title: "Show in the text", on: { click: () => this.#act.reveal(span) } },
      this.#cut(span),
    );
  }

  #input(label, path, value, more = {}) {
    const { class: style = "", ...attributes } = more;
    const field = make("input", {
      type: "text", id: `f-${path.join("-")}`, autocomplete: "off", value, ...attributes,
      on: { input: () => this.#type(path, field.value) },
    });
    return make("label", style ? { class: style } : {}, label, field);
  }

  #lines(label, path, values) {
    const field = make("textarea", {
      id: `f-${path.join("-")}`, rows: String(Math.max(2, values.length)), value: values.join("\n"),
      on: { input: () => this.#type(path, field.value ? field.value.split("\n") : []) },
    });
    return make("label", {}, label, field);
  }

  #choice(label, path, value, options) {
    const known = options.some(([one]) => one === value) ? options : [[value, value || "choose"], ...options];
    const field = make(
      "select",
      { id: `f-${path.join("-")}`, on: { change: () => this.#type(path, field.value, null) } },
      ...known.map(([one, words]) => make("option", { value: one, selected: one === value }, words)),
    );
    return make("label", {}, label, field);
  }

  #type(path, value, label = path.join("-")) {
    this.#act.type((records) => {
      const target = path.slice(0, -1).reduce((at, step) => at[step], records);
      target[path.at(-1)] = value;
    }, label);
  }
}
