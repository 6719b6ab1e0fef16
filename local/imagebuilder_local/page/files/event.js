// A CloudFormation event: the request, the calls to Image Builder, and the response.

import { buildTone } from "./build.js";
import { callStep } from "./call.js";
import { element, foldable, mono, pill } from "./dom.js";
import { changes, facts } from "./facts.js";
import { between, duration, plural, timeOfDay, wholeTime } from "./format.js";

const TONES = { working: "working", waiting: "waiting", succeeded: "good", failed: "bad" };
const WORDS = { working: "Working", waiting: "Waiting", succeeded: "Succeeded", failed: "Failed" };

export const headline = (event) => `${event.requestType} of ${event.logicalId} in ${event.stack}: ${WORDS[event.state]}`;

export function eventCard(event) {
  const id = `event-${event.number}`;
  return element(
    "article",
    { class: "card event", id, tabindex: "-1", "aria-labelledby": `${id}-title`, "data-tone": TONES[event.state] },
    element(
      "header",
      {},
      element(
        "h3",
        { id: `${id}-title` },
        element("span", { class: "kind", "data-kind": event.requestType }, event.requestType),
        " ",
        element("span", { class: "name" }, event.logicalId),
        " ",
        element("span", { class: "quiet" }, `in ${event.stack}`),
      ),
      pill(TONES[event.state], WORDS[event.state]),
      element(
        "p",
        { class: "quiet meta" },
        element("time", { datetime: event.at, title: wholeTime(event.at) }, timeOfDay(event.at)),
        event.milliseconds !== null && element("span", {}, duration(event.milliseconds)),
        element("span", {}, plural(event.calls.length + event.forgottenCalls, "call")),
        attempts(event) > 0 && element("span", {}, plural(attempts(event), "retry", "retries")),
        element("span", {}, event.resourceType),
      ),
    ),
    element("ol", { class: "steps" }, received(event), forgotten(event), calls(event), waiting(event), answered(event)),
  );
}

const attempts = (event) => event.calls.filter((call) => call.attempt > 1).length;

function received(event) {
  const count = Object.keys(event.properties).length;
  const all = foldable("properties", plural(count, "property", "properties"), false, facts(event.properties));
  return step(
    "quiet",
    "0",
    element("p", { class: "line" }, element("strong", {}, `CloudFormation sends ${event.requestType}`)),
    event.reverts && element("p", { class: "quiet" }, "Reverts the previous Update, as a rollback does."),
    event.changes && changes(event.changes),
    element("div", { class: "folds" }, all, foldable("ids", "Identifiers", false, facts(identifiers(event)))),
  );
}

const identifiers = (event) => ({
  ...(event.physicalId ? { PhysicalResourceId: event.physicalId } : {}),
  LogicalResourceId: event.logicalId,
  StackId: event.stackId,
  ...(event.requestId ? { RequestId: event.requestId } : {}),
});

const forgotten = (event) =>
  event.forgottenCalls > 0 && step("quiet", "…", element("p", { class: "quiet" }, `${plural(event.forgottenCalls, "earlier call")} not kept`));

const calls = (event) => event.calls.map((call, index) =>
  callStep(call, `+${duration(between(event.at, call.at))}`, `call-${event.forgottenCalls + index}`));

function waiting(event) {
  const words = event.functionError && element("p", { class: "message" }, event.functionError);
  if (event.functionError) {
    return step("bad", "", element("p", { class: "line" }, element("strong", {}, "The function ended with an error")), words);
  }
  if (event.state === "waiting") return later(event);
  return event.state === "working" && step("working", "", element("p", { class: "quiet" }, "Waiting for the function's response"));
}

function later({ awaits, build }) {
  return step(
    "waiting",
    "",
    element("p", { class: "line" }, element("strong", {}, "The function has returned; the response comes later")),
    awaits && element(
      "p",
      { class: "line" },
      element("span", { class: "quiet" }, "Waiting for the build "),
      build ? element("a", { href: `#build-${awaits}`, "data-key": "awaits" }, mono(awaits)) : mono(awaits),
      build && pill(buildTone(build.status), build.status),
    ),
  );
}

function answered(event) {
  const { answer } = event;
  if (!answer) {
    return event.failure && step("bad", "", element("p", { class: "line" }, element("strong", {}, "CloudFormation reported a failure")), element("p", { class: "message" }, event.failure));
  }
  const tone = TONES[event.state];
  return step(
    tone,
    `+${duration(answer.milliseconds)}`,
    element("p", { class: "line" }, element("strong", {}, "The function responds"), pill(tone, answer.status)),
    answer.reason && element("p", { class: "message" }, answer.reason),
    element("p", { class: "token" }, element("span", { class: "quiet" }, "physical id "), mono(answer.physicalId)),
    answer.replaces && element("p", { class: "quiet" }, "New physical id: a Delete of the old one follows."),
    Object.keys(answer.attributes).length > 0 && foldable("attributes", "Attributes", false, facts(answer.attributes)),
  );
}

const step = (tone, offset, ...children) =>
  element("li", { class: "step", "data-tone": tone }, element("span", { class: "offset" }, offset), element("div", { class: "what" }, ...children));
