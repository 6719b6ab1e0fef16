// A build of a pipeline: its states, the failed step, and what it made.

import { element, foldable, mono, pill } from "./dom.js";
import { facts, rows } from "./facts.js";
import { between, duration, timeOfDay, wholeTime } from "./format.js";

const TONES = { AVAILABLE: "good", FAILED: "bad", CANCELLED: "waiting", DEPRECATED: "waiting", DISABLED: "waiting", DELETED: "quiet" };

const LONGEST_TRIGGER = 16; // characters; a hash is told from another by fewer

export const buildTone = (status) => TONES[status] ?? "working";

export function buildRow(build) {
  const tone = buildTone(build.state.status);
  return element(
    "li",
    { class: "build", id: `build-${build.arn}`, tabindex: "-1", "data-tone": tone },
    element(
      "p",
      { class: "line" },
      pill(tone, build.state.status),
      build.isNamed && element("strong", {}, build.name),
      mono(build.version),
      element("time", { datetime: build.dateCreated, title: wholeTime(build.dateCreated), class: "quiet" }, timeOfDay(build.dateCreated)),
      !build.isNamed && element("span", { class: "quiet" }, started(build)),
    ),
    builtBy(build),
    walk(build),
    failure(build.state),
    outputs(build.outputResources ?? {}),
    foldable(`details-${build.arn}`, "Details", false, facts({ arn: build.arn, tags: build.tags })),
  );
}

const started = ({ buildType, builtBy }) => (builtBy ? "by a deployment" : buildType === "SCHEDULED" ? "scheduled" : "manual");

function builtBy({ arn, builtBy, event }) {
  if (!builtBy) return null;
  const resource = `${builtBy.name ?? builtBy.logicalId} in ${builtBy.stack}`;
  return element(
    "p",
    { class: "quiet" },
    "Built by ",
    event ? element("a", { href: `#event-${event}`, "data-key": `event-of-${arn}` }, resource) : resource,
    builtBy.trigger && [", trigger ", element("code", { title: builtBy.trigger }, shortened(builtBy.trigger))],
  );
}

// A trigger is a hash, or the ARN of a recipe, whose end says more than its beginning.
function shortened(trigger) {
  const text = trigger.startsWith("arn:") ? trigger.slice(trigger.indexOf("/") + 1) : trigger;
  return text.length > LONGEST_TRIGGER ? `${text.slice(0, LONGEST_TRIGGER - 1)}…` : text;
}

function walk({ states, ahead }) {
  const now = states.length - 1;
  return element(
    "ol",
    { class: "walk", "aria-label": "States of the build" },
    states.map(({ status, at }, index) =>
      element(
        "li",
        { "data-tone": index === now ? buildTone(status) : "quiet", "aria-current": index === now ? "step" : null },
        status,
        at !== states[0].at && element("span", { class: "quiet" }, ` +${duration(between(states[0].at, at))}`),
      ),
    ),
    ahead.map((status) => element("li", { class: "ahead" }, status, element("span", { class: "hidden" }, " (not yet)"))),
  );
}

function failure({ status, reason, failureContext: context = {} }) {
  if (!reason && !Object.keys(context).length) return null;
  const { componentFailure: component, distributionFailure: distribution } = context;
  const regions = distribution?.regionFailures ?? [];
  const found = [
    ["Failed while", context.imageStatus],
    ["Phase", component?.phaseName],
    ["Step", component?.stepName && [component.stepName, component.action && ` (${component.action})`]],
    ["Component", component?.componentArn?.slice(component.componentArn.indexOf("/") + 1)],
    ["Workflow step", context.failedStep],
    ["Error", component?.errorMessage ?? (regions.length ? null : distribution?.errorMessage)],
    ...regions.map((failed) => [failed.region, failed.errorMessage ?? failed.status]),
  ].filter(([, value]) => value);
  return element(
    "div",
    { class: "failure", role: "group", "aria-label": "Failure", "data-tone": buildTone(status) },
    found.length > 0 && rows(found),
    reason && element("p", { class: "message" }, reason),
  );
}

function outputs({ amis = [], containers = [] }) {
  const own = new Set(amis.map((ami) => ami.accountId)).size < 2;
  const made = [
    ...amis.map((ami) => [own ? ami.region : `${ami.region}, account ${ami.accountId}`, ami.image]),
    ...containers.map((container) => [container.region, container.imageUris.map((uri) => element("div", {}, uri))]),
  ];
  const what = amis.length ? "AMIs by Region" : "Image URIs by Region";
  return made.length > 0 && element("div", { role: "group", "aria-label": what }, rows(made));
}
