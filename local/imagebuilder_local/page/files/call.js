// A call to Image Builder, as a step of an event.

import { element, foldable, mono, pill } from "./dom.js";
import { facts } from "./facts.js";
import { duration } from "./format.js";

export function callStep(call, offset, key, client = null) {
  return element(
    "li",
    { class: "step", "data-tone": tone(call) },
    element("span", { class: "offset" }, offset),
    element(
      "div",
      { class: "what" },
      element(
        "p",
        { class: "line" },
        element("strong", { class: "operation" }, call.operation),
        pill(tone(call), outcome(call)),
        call.attempt > 1 && pill("waiting", `attempt ${call.attempt}`),
        element("span", { class: "quiet" }, timing(call)),
        client && element("span", { class: "quiet" }, client),
      ),
      call.message && element("p", { class: "message" }, call.message),
      call.clientToken && element("p", { class: "token" }, element("span", { class: "quiet" }, "clientToken "), mono(call.clientToken)),
      foldable(`${key}-request`, "Request", false, facts(call.request)),
    ),
  );
}

export function tone(call) {
  if (!call.isOver) return "working";
  return call.status !== null && call.status < 300 && !call.code ? "good" : "bad";
}

function outcome(call) {
  if (!call.isOver) return "in progress";
  if (call.status === null) return "no response";
  return call.code ? `${call.status} ${call.code}` : String(call.status);
}

function timing(call) {
  const took = call.milliseconds === null ? "" : duration(call.milliseconds);
  return call.pauseMilliseconds === null ? took : `${took}, after a pause of ${duration(call.pauseMilliseconds)}`;
}
