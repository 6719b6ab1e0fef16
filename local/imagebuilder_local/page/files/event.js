// A CloudFormation event: the request, the calls to Image Builder, and the response.

import { buildTone } from "./build.js";
import { callStep } from "./call.js";
import { element, foldable, mono, pill } from "./dom.js";
import { changes, facts } from "./facts.js";
import { between, duration, plural, since, timeOfDay, wholeTime } from "./format.js";

const TONES = { working: "working", waiting: "waiting", succeeded: "good", failed: "bad" };
const WORDS = { working: "Working", waiting: "Waiting", succeeded: "Succeeded", failed: "Failed" };

export function eventBlock(event, isOpen) {
  const id = `event-${event.number}`;
  const title = [
    element("strong", { id: `${id}-title` }, `${event.requestType} event`, element("span", { class: "hidden" }, ` of ${event.name}`)),
    pill(TONES[event.state], WORDS[event.state]),
    element("time", { datetime: event.at, title: wholeTime(event.at), class: "quiet" }, timeOfDay(event.at)),
    event.milliseconds === null ? since(event.at) : element("span", { class: "quiet" }, duration(event.milliseconds)),
    element("span", { class: "quiet" }, plural(event.calls.length + event.forgottenCalls, "call")),
    event.reverts && element("span", { class: "quiet" }, "rollback"),
    attempts(event) > 0 && element("span", { class: "quiet" }, plural(attempts(event), "retry", "retries")),
  ];
  const steps = element("ol", { class: "steps" }, received(event), forgotten(event), calls(event), waiting(event), answered(event));
  return element(
    "div",
    { class: "event", role: "group", id, tabindex: "-1", "aria-labelledby": `${id}-title`, "data-tone": TONES[event.state] },
    foldable(`steps-${event.number}`, title, isOpen, steps),
  );
}

const attempts = (event) => event.calls.filter((call) => call.attempt > 1).length;

function received(event) {
  const count = Object.keys(event.properties).length;
  const all = foldable(`properties-${event.number}`, plural(count, "property", "properties"), false, facts(event.properties));
  return step(
    "quiet",
    "0",
    element("p", { class: "line" }, element("strong", {}, `CloudFormation sends ${event.requestType}`)),
    event.reverts && element("p", { class: "quiet" }, "Reverts the previous Update, as a rollback does."),
    event.changes && changes(event.changes),
    element("div", { class: "folds" }, all, foldable(`ids-${event.number}`, "Identifiers", false, facts(identifiers(event)))),
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

// Attempts that fail like the one before them are folded: a service that throttles for minutes gets many.
function calls(event) {
  const steps = event.calls.map((call, index) => ({
    call,
    isAgain: call.attempt > 1 && index > 0 && isSame(call, event.calls[index - 1]),
    step: callStep(call, `+${duration(between(event.at, call.at))}`, `call-${event.number}-${event.forgottenCalls + index}`),
  }));
  const shown = [];
  for (let from = 0, to; from < steps.length; from = to) {
    for (to = from + 1; to < steps.length && steps[from].isAgain && steps[to].isAgain; to += 1);
    const run = steps.slice(from, to);
    shown.push(run.length > 1 ? attemptsStep(event, run) : run[0].step);
  }
  return shown;
}

const isSame = (call, before) =>
  ["operation", "code", "message"].every((name) => call[name] === before[name]) && call.isOver && call.code !== null;

function attemptsStep({ number }, run) {
  const [first, last] = [run[0].call, run.at(-1).call];
  const title = `${run.length} more attempts up to attempt ${last.attempt}: ${first.code}`;
  return element(
    "li",
    { class: "step", "data-tone": "bad" },
    element("span", { class: "offset" }, "…"),
    element("div", { class: "what" }, foldable(`attempts-${number}-${first.attempt}`, title, false, element("ol", { class: "steps" }, run.map(({ step }) => step)))),
  );
}

function waiting(event) {
  const words = event.functionError && element("p", { class: "message" }, event.functionError);
  if (event.functionError) {
    return step("bad", "", element("p", { class: "line" }, element("strong", {}, "The function ended with an error")), words);
  }
  if (event.state === "waiting") return later(event);
  return event.state === "working" && step("working", "", element("p", { class: "quiet" }, "Waiting for the function's response"));
}

function later({ number, awaits, build }) {
  return step(
    "waiting",
    "",
    element("p", { class: "line" }, element("strong", {}, "The function has returned; the response comes later")),
    awaits && element(
      "p",
      { class: "line" },
      element("span", { class: "quiet" }, "Waiting for the build "),
      build ? element("a", { href: `#build-${awaits}`, "data-key": `awaits-${number}` }, mono(awaits)) : mono(awaits),
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
    answer.reason && !event.isTold && element("p", { class: "message" }, answer.reason),
    element("p", { class: "token" }, element("span", { class: "quiet" }, "physical id "), mono(answer.physicalId)),
    answer.replaces && element("p", { class: "quiet" }, "New physical id: a Delete of the old one follows."),
    Object.keys(answer.attributes).length > 0 && foldable(`attributes-${event.number}`, "Attributes", false, facts(answer.attributes)),
  );
}

const step = (tone, offset, ...children) =>
  element("li", { class: "step", "data-tone": tone }, element("span", { class: "offset" }, offset), element("div", { class: "what" }, ...children));
