// Requests the state every second and renders it.

import { activityCard } from "./activity.js";
import { callStep } from "./call.js";
import { deploymentCard } from "./deployment.js";
import { element, reconcile, reveal } from "./dom.js";
import { tick, timeOfDay } from "./format.js";
import { eventOf, withEvents } from "./links.js";
import { sentences } from "./news.js";
import { imagesCard, pipelineCard } from "./pipeline.js";

const PAUSE = 1000;
const FIRST = 12; // number of deployments that are rendered at once; the others follow, so that they delay nothing

const at = (id) => document.getElementById(id);
let state = null;
let tag = null;
let told = null;

async function ask() {
  try {
    // The browser sends the ETag, so an unchanged state is not transferred again.
    const response = await fetch("state.json", { cache: "no-cache", signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    if (response.headers.get("ETag") !== tag) {
      state = await response.json();
      tag = response.headers.get("ETag");
      show();
      // Measured by tests: milliseconds from the start of the page to its first content.
      document.documentElement.dataset.shown ??= String(performance.now());
    }
    live(true);
  } catch (error) {
    console.info("no state:", error);
    live(false);
  }
}

function live(isLive) {
  at("live").dataset.tone = isLive ? "good" : "bad";
  at("live").textContent = isLive ? "Live" : "Not reachable";
  at("lost").hidden = isLive;
  const lost = isLive ? "" : "The local cloud does not respond: it was stopped, or restarted at another address, which “make local” prints. The page shows its last known state.";
  if (at("lost").textContent !== lost) at("lost").textContent = lost;
}

function show() {
  at("place").textContent = `${state.region} · account ${state.account}`;
  showDeployments();
  showPipelines();
  showImages();
  showOthers();
  tell();
}

function showDeployments() {
  const shown = state.deployments.filter(matches).map((deployment) => withEvents(deployment, state));
  const isEmpty = state.deployments.length === 0;
  at("deployments-count").textContent = state.deployments.length || "";
  at("filters").hidden = isEmpty;
  at("deployments-empty").hidden = !isEmpty || state.activity !== null;
  at("deployments-none").hidden = isEmpty || shown.length > 0;
  reconcile(at("activity"), state.activity ? [state.activity] : [], ({ what }) => what, activityCard);
  const isFirst = at("deployments-list").childElementCount === 0 && shown.length > FIRST;
  reconcile(at("deployments-list"), isFirst ? shown.slice(0, FIRST) : shown, ({ id }) => id, deploymentCard);
  if (isFirst) setTimeout(showDeployments);
}

function matches(deployment) {
  const words = at("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const isWanted = !at("filter-failed").checked || deployment.state === "failed";
  if (!isWanted || words.length === 0) return isWanted;
  const text = JSON.stringify(withEvents(deployment, state)).toLowerCase();
  return words.every((word) => text.includes(word));
}

function showPipelines() {
  const pipelines = state.pipelines.map((pipeline) => ({
    ...pipeline,
    executions: pipeline.executions.map((build) => ({ ...build, event: eventOf(build, state) })),
    lastEvent: lastEventOf(pipeline.settings.arn),
    place: placeOf(pipeline.settings.arn),
  }));
  at("pipelines-count").textContent = pipelines.length || "";
  at("pipelines-empty").hidden = pipelines.length > 0;
  reconcile(at("pipelines-list"), pipelines, (pipeline) => pipeline.settings.arn, pipelineCard);
}

// The Region and account of a pipeline, if they are not those of the page.
function placeOf(arn) {
  const [, , , region, account] = arn.split(":");
  return region === state.region && account === state.account ? null : `${region} · account ${account}`;
}

function lastEventOf(arn) {
  const event = state.events.find((event) => (event.answer?.physicalId ?? event.physicalId) === arn);
  return event && { number: event.number, requestType: event.requestType, at: event.at };
}

function showImages() {
  const { executions, olderExecutions } = state.images;
  at("images").hidden = executions.length === 0;
  at("images-count").textContent = executions.length + olderExecutions;
  const shown = executions.length ? [state.images] : [];
  reconcile(at("images-list"), shown, () => "images", (images) => element("div", {}, imagesCard(images)));
}

function showOthers() {
  at("others").hidden = state.others.length === 0;
  at("others-count").textContent = state.others.length;
  reconcile(at("others-list"), state.others, (call) => call.number, (call) =>
    callStep(call, timeOfDay(call.at), `other-${call.number}`, call.client));
}

// Announces changes to screen readers, one sentence per deployment or build.
function tell() {
  const now = new Map(sentences(state));
  const news = told ? [...now].filter(([key, words]) => told.get(key) !== words).map(([, words]) => words) : [];
  told = now;
  if (news.length) at("news").textContent = news.length > 3 ? `${news.length} deployments or builds changed` : news.join(". ");
}

async function follow() {
  await ask();
  setTimeout(follow, document.hidden ? 5 * PAUSE : PAUSE);
}

for (const kind of ["input", "change"]) at("filters").addEventListener(kind, showDeployments);
at("filters").addEventListener("submit", (event) => event.preventDefault());
// A link to an event or a build opens what it is folded into, before the browser goes there.
document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[href^='#']");
  if (link) reveal(at(decodeURIComponent(link.hash.slice(1))));
});
setInterval(() => tick(document), PAUSE);
follow();
