// Connects events and builds.

// The number of the event of the resource that built an image, also if it took over the build of an earlier event.
export function eventOf({ arn, builtBy }, { events }) {
  const isOf = ({ stackId, logicalId }) => stackId === builtBy.stackId && logicalId === builtBy.logicalId;
  return (builtBy && events.find((event) => isOf(event) && (event.awaits === arn || event.answer?.physicalId === arn)))?.number ?? null;
}

// An event with the status of the build that it waits for, if the page shows that build.
export function withBuild(event, { pipelines, images }) {
  if (!event.awaits) return event;
  const build = [...pipelines, images].flatMap(({ executions }) => executions).find(({ arn }) => arn === event.awaits);
  return build ? { ...event, build: { status: build.state.status } } : event;
}

// A deployment with the events of each resource, oldest first.
export function withEvents(deployment, state) {
  const of = new Map(state.events.map((event) => [event.number, event]));
  const resources = deployment.resources.map((resource) => ({
    ...resource,
    events: resource.events.map((number) => of.get(number)).filter(Boolean).map((event) => withBuild(event, state)),
  }));
  return { ...deployment, resources };
}
