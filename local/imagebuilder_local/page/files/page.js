// Requests the state every second and renders it.

import { callStep } from "./call.js";
import { reconcile } from "./dom.js";
import { eventCard } from "./event.js";
import { timeOfDay } from "./format.js";
import { eventOf, withBuild } from "./links.js";
import { sentences } from "./news.js";
import { pipelineCard } from "./pipeline.js";

const PAUSE = 1000;
const OPEN_UP_TO = 2; // number of pipelines up to which all details are open on wide screens
const hasRoom = matchMedia("(min-width: 64rem)");

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
  showPipelines();
  showEvents();
  showOthers();
  tell();
}

function showPipelines() {
  const pipelines = state.pipelines.map((pipeline) => ({
    ...pipeline,
    executions: pipeline.executions.map((build) => ({ ...build, event: eventOf(build, state) })),
    open: hasRoom.matches && state.pipelines.length <= OPEN_UP_TO,
    lastEvent: lastEventOf(pipeline.settings.arn),
  }));
  at("pipelines-count").textContent = pipelines.length || "";
  at("pipelines-empty").hidden = pipelines.length > 0;
  reconcile(at("pipelines-list"), pipelines, (pipeline) => pipeline.settings.arn, pipelineCard);
}

function lastEventOf(arn) {
  const event = state.events.find((event) => (event.answer?.physicalId ?? event.physicalId) === arn);
  return event && { number: event.number, requestType: event.requestType, at: event.at };
}

function showEvents() {
  const matching = state.events.filter(matches).map((event) => withBuild(event, state));
  at("timeline-count").textContent = state.events.length || "";
  at("filters").hidden = state.events.length === 0;
  at("timeline-empty").hidden = state.events.length > 0;
  at("timeline-none").hidden = state.events.length === 0 || matching.length > 0;
  reconcile(at("timeline-list"), matching, (event) => event.number, eventCard);
}

function matches(event) {
  const words = at("filter-text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = JSON.stringify(event).toLowerCase();
  return words.every((word) => text.includes(word)) && (!at("filter-failed").checked || event.state === "failed");
}

function showOthers() {
  at("others").hidden = state.others.length === 0;
  at("others-count").textContent = state.others.length;
  reconcile(at("others-list"), state.others, (call) => call.number, (call) =>
    callStep(call, timeOfDay(call.at), `other-${call.number}`, call.client));
}

// Announces changes to screen readers, one sentence per event or build.
function tell() {
  const now = new Map(sentences(state));
  const news = told ? [...now].filter(([key, words]) => told.get(key) !== words).map(([, words]) => words) : [];
  told = now;
  if (news.length) at("news").textContent = news.length > 3 ? `${news.length} events or builds changed` : news.join(". ");
}

async function follow() {
  await ask();
  setTimeout(follow, document.hidden ? 5 * PAUSE : PAUSE);
}

for (const kind of ["input", "change"]) at("filters").addEventListener(kind, showEvents);
at("filters").addEventListener("submit", (event) => event.preventDefault());
follow();
