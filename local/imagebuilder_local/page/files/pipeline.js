// A deployed pipeline, and the images without a pipeline.

import { buildRow } from "./build.js";
import { element, foldable, pill } from "./dom.js";
import { facts, rows } from "./facts.js";
import { plural, timeOfDay } from "./format.js";
import { schedule } from "./runs.js";
import { startButton } from "./start.js";

const STATUS = { ENABLED: "good", DISABLED: "waiting" };
const USES = {
  imageRecipeArn: "Recipe",
  containerRecipeArn: "Container recipe",
  infrastructureConfigurationArn: "Infrastructure",
  distributionConfigurationArn: "Distribution",
};

export function pipelineCard({ settings, changed, runs, executions, olderExecutions, lastEvent, place }) {
  const { arn, name, status, tags, description } = settings;
  const id = `pipeline-${arn}`;
  return element(
    "article",
    { class: "card pipeline", "aria-labelledby": id },
    element("header", {}, element("h3", { id }, element("span", { class: "name" }, name)), pill(STATUS[status] ?? "quiet", status)),
    place && element("p", { class: "quiet" }, place),
    description && element("p", {}, description),
    runs && schedule(runs),
    uses(changed),
    others(changed),
    lastEvent && element("p", { class: "quiet" }, "Last event: ", element("a", { href: `#event-${lastEvent.number}`, "data-key": "last-event" }, `${lastEvent.requestType} at ${timeOfDay(lastEvent.at)}`)),
    element(
      "div",
      { class: "folds" },
      foldable("settings", "All settings", false, facts(without(settings, ["tags"]))),
      Object.keys(tags).length > 0 && foldable("tags", plural(Object.keys(tags).length, "tag"), false, facts(tags)),
    ),
    element("div", { class: "line" }, startButton(settings), executions.length === 0 && element("span", { class: "quiet" }, "Not built yet")),
    executions.length > 0 && builds(executions, olderExecutions),
  );
}

export function imagesCard({ executions, olderExecutions }) {
  return [
    element("ul", { class: "builds" }, executions.map((build) => buildRow({ ...build, isNamed: true }))),
    olderExecutions > 0 && element("p", { class: "quiet" }, `${plural(olderExecutions, "older image")} not shown`),
  ];
}

const without = (value, names) => Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

// The resources that a pipeline uses, by the part of their ARNs that a person knows.
function uses(changed) {
  const used = Object.entries(USES).filter(([name]) => changed[name]);
  return used.length > 0 && rows(used.map(([name, title]) => [title, element("span", { title: changed[name] }, shortName(changed[name]))]));
}

const shortName = (arn) => arn.slice(arn.indexOf("/") + 1) || arn;

// The other settings that are not the service's default.
function others(changed) {
  const rest = without(changed, ["name", "description", "status", "schedule", "tags", ...Object.keys(USES)]);
  const condition = changed.schedule?.pipelineExecutionStartCondition;
  const found = { ...rest, ...(condition ? { pipelineExecutionStartCondition: condition } : {}) };
  return Object.keys(found).length > 0 && facts(found);
}

// The newest build is always visible, the earlier ones on request.
function builds([newest, ...earlier], older) {
  return [
    element("ul", { class: "builds", "aria-label": "Newest build" }, buildRow(newest)),
    earlier.length + older > 0 &&
      foldable(
        "executions",
        `Earlier builds (${earlier.length + older})`,
        false,
        element("ul", { class: "builds" }, earlier.map(buildRow)),
        older > 0 && element("p", { class: "quiet" }, `${plural(older, "older build")} not shown`),
      ),
  ];
}
