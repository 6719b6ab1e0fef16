// A resource of a stack operation, with the events that our function got for it.

import { element, foldable, pill } from "./dom.js";
import { eventBlock } from "./event.js";
import { duration, since } from "./format.js";

export const DONE = new Set(["succeeded", "rolled back"]);

const TONES = { working: "working", succeeded: "good", failed: "bad", cancelled: "waiting", "rolled back": "waiting" };

export function resourceRow(resource) {
  const { key, logicalId, state, reason, events, isTold } = resource;
  // The words of the row's reason, or those at the top of the card, are not repeated. Of several events, such as that of
  // a rollback after a failure, those that succeeded are folded.
  const block = (event) =>
    eventBlock({ ...event, isTold: reason?.includes(event.answer?.reason) }, events.length === 1 || event.state !== "succeeded");
  const inner = [reason && !isTold && element("p", { class: "message" }, reason), ...events.map(block)].filter(Boolean);
  const tone = TONES[state];
  return element(
    "li",
    { class: "row", "data-tone": tone },
    inner.length === 0
      ? element("div", { class: "line" }, line(resource))
      : foldable(`row-${key}-${logicalId}`, line(resource), !DONE.has(state), ...inner),
  );
}

function line({ name, path, logicalId, type, state, outcome, at, milliseconds }) {
  return [
    element("span", { class: "dot", "aria-hidden": "true" }),
    element("span", { class: "name", title: path ? `${path} (${logicalId})` : logicalId }, name),
    element("span", { class: "quiet type" }, type),
    element("span", { class: "quiet time" }, milliseconds === null ? since(at) : duration(milliseconds)),
    pill(TONES[state], outcome),
  ];
}
