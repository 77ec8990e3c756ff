// Meetings in time: those with a date by year and month, the others apart.

import { bdi, count, counted, h, joined, svg } from "./dom.js";
import { actorLink, evidence, recordCard, statusMark } from "./cards.js";
import { longList } from "./lists.js";
import { MODES } from "./model.js";
import { href } from "./route.js";

const BARS = 72;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** Show meetings in time. */
export function timeline(app, meetings) {
  const dated = meetings
    .filter((meeting) => meeting.date?.iso)
    .sort((a, b) => (a.date.iso < b.date.iso ? -1 : a.date.iso > b.date.iso ? 1 : 0));
  const undated = meetings.filter((meeting) => !meeting.date?.iso);
  return [
    h(
      "section",
      { class: "timeline", "aria-labelledby": "dated-title" },
      h("h2", { id: "dated-title" }, "In time ", h("span", { class: "n" }, count(dated.length))),
      dated.length
        ? [
            bars(app, dated),
            longList(headed(dated), (row) => line(row, app.filters), {
              tag: "ol",
              what: "meetings",
              class: "plain times",
            }),
          ]
        : h("p", { class: "empty" }, "No article fixes the date of one of these meetings."),
    ),
    undated.length > 0 &&
      h(
        "section",
        { class: "undated", "aria-labelledby": "undated-title" },
        h(
          "h2",
          { id: "undated-title" },
          "Without a fixed date ",
          h("span", { class: "n" }, count(undated.length)),
        ),
        h(
          "p",
          { class: "meta" },
          "Their articles give no date, or words such as “Thursday” without a day to count from.",
        ),
        longList(undated, (record) => recordCard(record, app.filters), {
          step: 20,
          what: "meetings",
          class: "cards",
        }),
      ),
  ];
}

/** Put each meeting's year and month with it where they differ from the one before. */
function headed(dated) {
  return dated.map((meeting, index) => {
    const { iso } = meeting.date;
    const before = index ? dated[index - 1].date.iso : "";
    return {
      meeting,
      year: iso.slice(0, 4) !== before.slice(0, 4) && iso.slice(0, 4),
      month:
        iso.slice(0, 7) !== before.slice(0, 7) && iso.length > 4 && MONTHS[iso.slice(5, 7) - 1],
    };
  });
}

function line({ meeting, year, month }, filters) {
  const day = meeting.date.iso.slice(8);
  return h(
    "li",
    { class: `time ${meeting.status}` },
    year && h("h3", { class: "year" }, year),
    h(
      "div",
      { class: "when" },
      h(
        "time",
        { datetime: meeting.date.iso },
        month && h("span", { class: "month" }, month, " "),
        day
          ? Number(day)
          : h("span", { class: "role" }, meeting.date.iso.length > 4 ? "no day" : "no month"),
      ),
    ),
    h(
      "div",
      { class: "what" },
      h(
        "p",
        { class: "claim" },
        joined(
          meeting.participants.map((named) => actorLink(named, filters)),
          " · ",
        ),
      ),
      h(
        "p",
        { class: "tag" },
        [
          statusMark(meeting.status),
          meeting.mode && MODES[meeting.mode],
          meeting.location && bdi(meeting.location),
          bdi(`“${meeting.date.text}”`),
        ]
          .filter(Boolean)
          .map((part) => h("span", { class: "detail" }, part)),
      ),
      evidence(meeting, meeting.evidence[0], filters),
    ),
  );
}

/** Bars for the months, or the years where there are many; each leads to its meetings. */
function bars(app, dated) {
  const [first, last] = [dated[0].date.iso, dated.at(-1).date.iso];
  const months = (Number(last.slice(0, 4)) - Number(first.slice(0, 4)) + 1) * 12;
  const exact = months <= BARS ? 7 : 4;
  const numbers = new Map();
  for (const { date } of dated) {
    if (date.iso.length >= exact)
      numbers.set(date.iso.slice(0, exact), (numbers.get(date.iso.slice(0, exact)) ?? 0) + 1);
  }
  const steps = exact === 7 ? monthsBetween(first, last) : yearsBetween(first, last);
  if (steps.length < 3 || steps.length > 4 * BARS) return null;
  const most = Math.max(...numbers.values(), 1);
  const wide = 100 / steps.length;
  const drawn = steps.map((step, index) => {
    const number = numbers.get(step) ?? 0;
    if (!number) return null;
    const high = 4 + (40 * number) / most;
    return svg(
      "a",
      {
        href: href("meetings", [], {
          ...app.filters,
          from: `${step}-01-01`.slice(0, 10),
          to: exact === 7 ? `${step}-31` : `${step}-12-31`,
        }),
        "aria-label": `${step}: ${counted(number, "meeting")}`,
      },
      svg("title", {}, `${step}: ${counted(number, "meeting")}`),
      svg("rect", { class: "reach", x: `${index * wide}%`, y: 0, width: `${wide}%`, height: 44 }),
      svg("rect", {
        x: `${index * wide + wide * 0.1}%`,
        y: 44 - high,
        width: `${wide * 0.8}%`,
        height: high,
        rx: 1,
      }),
    );
  });
  return h(
    "div",
    { class: "bars" },
    svg(
      "svg",
      { width: "100%", height: 44, role: "group", "aria-label": "Meetings in time" },
      drawn,
    ),
    h(
      "p",
      { class: "ends", "aria-hidden": "true" },
      h("span", {}, steps[0]),
      h("span", {}, steps.at(-1)),
    ),
  );
}

function yearsBetween(first, last) {
  const [from, to] = [Number(first.slice(0, 4)), Number(last.slice(0, 4))];
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(4, "0"));
}

function monthsBetween(first, last) {
  const months = yearsBetween(first, last).flatMap((year) =>
    MONTHS.map((_, month) => `${year}-${String(month + 1).padStart(2, "0")}`),
  );
  const used = (iso, otherwise) => (iso.length > 4 ? iso.slice(0, 7) : `${iso}-${otherwise}`);
  return months.filter((month) => month >= used(first, "01") && month <= used(last, "12"));
}
