// A deployed pipeline.

import { element, foldable, mono, pill } from "./dom.js";
import { facts } from "./facts.js";
import { plural, timeOfDay, wholeTime } from "./format.js";

const STATUS = { ENABLED: "good", DISABLED: "waiting" };
const RUNS = { AVAILABLE: "good", FAILED: "bad", CANCELLED: "waiting" };

export function pipelineCard({ settings, executions, lastEvent, open }) {
  const { arn, name, status, tags, description, schedule, ...rest } = settings;
  const id = `pipeline-${arn}`;
  return element(
    "article",
    { class: "card pipeline", "aria-labelledby": id },
    element("header", {}, element("h3", { id }, element("span", { class: "name" }, name)), pill(STATUS[status] ?? "quiet", status)),
    description && element("p", {}, description),
    schedule && element("p", { class: "schedule" }, mono(schedule.scheduleExpression), element("span", { class: "quiet" }, ` ${schedule.timezone ?? ""}`)),
    element("p", { class: "token" }, mono(arn)),
    lastEvent && element("p", { class: "quiet" }, "Last event: ", element("a", { href: `#event-${lastEvent.number}` }, `${lastEvent.requestType} at ${timeOfDay(lastEvent.at)}`)),
    foldable("settings", "Settings", open, facts({ ...rest, ...(schedule ? { schedule } : {}) })),
    foldable("tags", `Tags (${Object.keys(tags).length})`, open, facts(tags)),
    foldable("executions", `Executions (${executions.length})`, open, executions.length ? runs(executions) : noRuns(arn)),
  );
}

const runs = (executions) =>
  element(
    "ul",
    { class: "runs" },
    executions.map((run) =>
      element(
        "li",
        {},
        pill(RUNS[run.state.status] ?? "working", run.state.status),
        mono(run.version),
        element("time", { datetime: run.dateCreated, title: wholeTime(run.dateCreated), class: "quiet" }, timeOfDay(run.dateCreated)),
        element("span", { class: "quiet" }, run.buildType === "SCHEDULED" ? "scheduled" : "manual"),
        outputs(run).map(mono),
      ),
    ),
  );

const outputs = ({ outputResources: { amis = [], containers = [] } }) =>
  [...amis.map((ami) => ami.image), ...containers.flatMap((container) => container.imageUris)];

const noRuns = (arn) => [
  element("p", { class: "quiet" }, "Not run yet. To run it:"),
  element("pre", { tabindex: "0" }, `aws imagebuilder start-image-pipeline-execution \\\n  --image-pipeline-arn ${arn}`),
];
