// The records of an article, as plain values: { meetings, positions, quotes }.

export const KINDS = ["meetings", "positions", "quotes"];
export const NAMES = { meetings: "meeting", positions: "position", quotes: "quote" };

const actor = (name = "") => ({ name, role: "", affiliation: "" });

export function newRecord(kind, evidence, words) {
  switch (kind) {
    case "meetings":
      return { participants: [actor(), actor()], status: "held", mode: "", date: "", location: "", topics: [], evidence };
    case "positions":
      return { holder: actor(), issue: "", stance: "supports", evidence };
    default:
      return { speaker: actor(), text: words, kind: "full", evidence };
  }
}

export const newActor = actor;

export function same(one, other) {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => same(one[key], other[key]))
  );
}

export function placeOf(kind, record) {
  if (kind === "quotes") return record.text.start;
  return Math.min(...record.evidence.map((span) => span.start), Infinity);
}

// Where a new record goes, so that those of a kind stay in the order of the text.
export function indexFor(kind, records, record) {
  const place = placeOf(kind, record);
  const after = records[kind].findIndex((other) => placeOf(kind, other) > place);
  return after < 0 ? records[kind].length : after;
}

// One line that tells a record from others.
export function summary(kind, record, cut) {
  const named = (given) => given.name.trim() || "…";
  switch (kind) {
    case "meetings": {
      const when = [record.date, record.location].filter((part) => part.trim()).join(", ");
      return `${record.participants.map(named).join(" · ") || "…"} (${record.status || "…"}${when ? `; ${when}` : ""})`;
    }
    case "positions":
      return `${named(record.holder)} ${record.stance || "…"} ${record.issue.trim() || "…"}`;
    default:
      return `${record.speaker.name.trim() || "nobody named"}: “${cut(record.text)}”`;
  }
}

// All names that records give to actors, each once.
export function actorNames(...many) {
  const names = new Set();
  for (const records of many) {
    for (const meeting of records.meetings) meeting.participants.forEach((one) => names.add(one.name.trim()));
    for (const position of records.positions) names.add(position.holder.name.trim());
    for (const quote of records.quotes) names.add(quote.speaker.name.trim());
  }
  names.delete("");
  return [...names].sort((one, other) => one.localeCompare(other));
}

// What one version has and the other has not, as lines.
export function differences(mine, theirs, cut) {
  const lines = (records) =>
    KINDS.flatMap((kind) => records[kind].map((record) => [JSON.stringify([kind, record]), `${NAMES[kind]}: ${summary(kind, record, cut)}`]));
  const only = (some, others) => {
    const left = others.map(([key]) => key);
    return some.filter(([key]) => {
      const at = left.indexOf(key);
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  };
  const [ours, others] = [lines(mine), lines(theirs)];
  return { mine: only(ours, others).map(([, line]) => line), theirs: only(others, ours).map(([, line]) => line) };
}
