"""A user, two stacks and everything that goes wrong, at random; what must hold after every step stands in `check`.

The limits, where nobody could know better, and which are therefore left out:
- Two deliveries of one event at once, one of which gives up (FAILED) right before the other succeeds: because IAM lets
  the other look, or because another stack has just given up the name.
- A Create that is killed after its call, and whose next delivery IAM turns away for longer than IAM's delays last.
- An answer that was taken while all eight tries to give it seemed to fail, of an event that succeeds when delivered again.
- A Delete of a Create that nobody answered, while IAM denies looking for longer than its delays last: that is what it
  does for pipelines of others, too.
- A page of a proxy with status 200 in answer to TagResource or UntagResource, whose own answers have no content.
- A rollback to a recipe of the other type under one name, possible only when somebody deleted the pipeline meanwhile.
- A delivery that comes when its event is over and the next one of the resource has begun, unless CloudFormation has given
  the event up, or the pipeline tells that it is older than what was done since.
- Looking at a pipeline that IAM denies for longer than its delays last, but for pipelines of another stack: these it
  always denies, where there is IAM.
- A stack that is deleted although its rollback failed: no event names what the failed update made under another name.
"""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.function import Function, Outage, Plan, Request, Violation, Workers
from support.simulation import Simulation
from support.stack import CloudFormation, Stack

from imagebuilder_model import name_in_arn, normalized_name
from imagebuilder_model.ownership import (
    ADOPTED_TAG,
    FORMER_LOGICAL_ID_TAG,
    LOGICAL_ID_TAG,
    OWNER_TAGS,
    RETAINED,
    STACK_ID_TAG,
)
from imagebuilder_pipeline_handler.pipeline.live import shows
from imagebuilder_pipeline_handler.pipeline.properties import lenient
from imagebuilder_pipeline_handler.runtime.event import issued_at
from soak.templates import (
    MISSING_RECIPE,
    OWN,
    RECIPES,
    VALUES,
    Wanted,
    configuration,
    expected_configuration,
    is_allowed,
    members,
    new_service,
    properties_of,
    recipes,
    request_of,
    with_recipe,
)

DENIED: Final = {"code": "AccessDeniedException", "status": 403}
GARBLED: Final = {"status": 200, "body": "<html>"}
PASSING: Final = (
    "CallRateLimitExceededException",
    "TooManyRequestsException",
    "ServiceException",
    "ServiceUnavailableException",
    {"status": 502, "body": "<html>"},
    "ResourceInUseException",
    "reset before",
    "reply lost",
    "hang",
    "reply hangs",
)
"""Faults of which an event survives some."""

STRAYS: Final = (1200.0, 4000.0, 9000.0)
"""Seconds after which an event comes out of Lambda's queue again: its ServiceTimeout is over, or its signature too."""

LASTING: Final = (*PASSING, DENIED, GARBLED)

MARKS: Final = (ADOPTED_TAG, FORMER_LOGICAL_ID_TAG)

LOGICAL_IDS: Final = ("First", "Second", "Third")

SHARED: Final = ("golden", "silver")
"""Names that all resources of both stacks may have."""


Made = tuple[str, str]
"""A pipeline, told from others of its name: its ARN and when it was made."""


def plans() -> st.SearchStrategy[Plan]:
    """Nothing, or faults that pass: whatever they are, the event must succeed."""
    kills = st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=2)
    passing = st.builds(
        Plan,
        calls=st.lists(st.sampled_from(PASSING), max_size=6),
        puts=st.lists(st.sampled_from([503, 403, 307, "hang", "reset", "lost"]), max_size=4),
        kills=kills,
        copies=st.lists(st.sampled_from([0.0, 0.0, 0.5, 70.0]), max_size=2),
    )
    iam = st.builds(Plan, calls=st.sampled_from([[DENIED], [GARBLED]]), kills=kills)
    stray = st.builds(Plan, calls=st.lists(st.sampled_from(PASSING), max_size=2), stray=st.sampled_from(STRAYS))
    return st.one_of(st.builds(Plan), passing, passing, iam, stray)


def heavy_plans() -> st.SearchStrategy[Plan]:
    """Faults that an event need not survive: but nothing may be lost, doubled or left behind."""
    puts = st.lists(st.sampled_from([503, "hang", "reset"]), max_size=20)
    kills = st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=3)
    killed = st.builds(Plan, calls=_calls((*PASSING, GARBLED)), puts=puts, is_deaf=st.booleans(), kills=kills)
    denied = st.builds(Plan, calls=_calls(LASTING), puts=puts, is_deaf=st.booleans())
    return st.one_of(killed, denied)


def _calls(faults: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(faults), max_size=12)


def quick_plans() -> st.SearchStrategy[Plan]:
    """Faults that cost a Create no more than the seconds for which a Delete waits for it."""
    return st.builds(Plan, calls=st.lists(st.sampled_from(["reply lost", "reset before"]), max_size=1))


def process_plans() -> st.SearchStrategy[Plan]:
    """Faults that a process of its own meets, over sockets. A kill strikes after so many calls took effect."""
    return st.builds(
        Plan,
        calls=st.lists(st.sampled_from(PASSING), max_size=3),
        puts=st.lists(st.sampled_from([503, 403, "reset"]), max_size=2),
        kills=st.lists(st.one_of(st.none(), st.integers(1, 3)), max_size=2),
        copies=st.lists(st.just(0.0), max_size=1),
        in_a_process=st.just(True),
    )


def _has_ours(machine: "Machine") -> bool:
    return any(machine.wanted.values())


def _is_at_rest(machine: "Machine") -> bool:
    return any(stack.is_stable for stack in machine.stacks.values())


class Machine(RuleBasedStateMachine):
    """Two stacks with three resources each, in one account with other people's pipelines."""

    figures: ClassVar[Counter[str]] = Counter()
    workers: ClassVar[Callable[[Any], Workers] | None] = None
    """Makes what runs some events in processes of their own, for a service; without it none are."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ExitStack()
        self.wanted: dict[str, dict[str, Wanted]] = {}
        self.theirs: dict[str, str] = {}
        """Pipelines of others, as they must stay, by ARN."""
        self.their_tags: dict[str, dict[str, str]] = {}
        """Tags that others put on pipelines of ours."""
        self.missing: set[tuple[str, str, str]] = set()
        """Stack id, logical id and ARN of pipelines of ours that somebody deleted."""
        self.statuses: dict[str, set[str]] = {}
        """What the status of a pipeline of ours may be."""
        self.adopted: dict[str, dict[str, str]] = {}
        """The tags that pipelines of others had before they were adopted, by ARN, while a Delete has to leave them."""
        self.past: deque[Request] = deque(maxlen=30)
        """Updates and Deletes that are over."""
        self.made: dict[str, Made] = {}
        """Which pipelines there were after the last deployment, by ARN."""
        self.has_begun = False

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        self.simulation = Simulation(seed)
        # Builds end at once, so that a failed run is counted at once.
        self.service = new_service(clock=lambda: self.simulation.now, seconds_per_state=0)
        make_workers = type(self).workers
        workers = make_workers(self.service) if make_workers is not None else None
        self.function = Function(self.simulation, self.service, self.figures, workers)
        self.function.has_iam = bool(seed % 3)
        self.cloudformation = CloudFormation(self.simulation, self.function, self.figures)
        self.stacks = {name: Stack(self.cloudformation, name) for name in ("Blue", "Green")}
        self.wanted = {name: {} for name in self.stacks}
        self.world.enter_context(self.function.installed())
        self.figures["sequences"] += 1

    # What a user does.

    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        logical_id=st.sampled_from(LOGICAL_IDS),
        name=st.integers(0, 4),
        recipe=recipes(),
        others=members(),
        plans=st.lists(plans(), max_size=3),
    )
    def put(
        self, stack: str, logical_id: str, name: int, recipe: dict[str, str], others: Wanted, plans: list[Plan]
    ) -> None:
        """Create a resource, or give it other properties altogether."""
        wanted = others | recipe | {"name": self._name(stack, logical_id, name)}
        self._deploy(stack, {logical_id: wanted}, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        change=st.one_of(
            *[
                st.tuples(st.just(name), st.one_of(values, values, st.none()))
                for name, values in VALUES.items()
                if name != "infrastructureConfigurationArn"
            ],
            st.just(("AdoptExisting", None)),
        ),
        plans=st.lists(plans(), max_size=3),
    )
    def alter(self, stack: str, pick: int, change: tuple[str, Any], plans: list[Plan]) -> None:
        """Change, add or remove one property."""
        member, value = change
        self._change(
            stack, pick, lambda wanted: _without(wanted, member) | ({} if value is None else {member: value}), plans
        )

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        plans=st.lists(plans(), max_size=2),
        seconds=st.integers(300, 3600),
    )
    def touch(self, stack: str, pick: int, plans: list[Plan], seconds: int) -> None:
        """Change nothing that Image Builder knows."""
        self._change(stack, pick, lambda wanted: wanted | {"ServiceTimeout": seconds}, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        name=st.integers(0, 4),
        plans=st.lists(plans(), max_size=3),
    )
    def rename(self, stack: str, pick: int, name: int, plans: list[Plan]) -> None:
        """Give a resource another name, or an earlier one."""
        logical_id = self._pick(stack, pick)
        if logical_id is not None:
            new = self._name(stack, logical_id, name)
            self._change(stack, pick, lambda wanted: wanted | {"name": new}, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        way=st.sampled_from(["upper", "title", "_", " "]),
        plans=st.lists(plans(), max_size=2),
    )
    def respell(self, stack: str, pick: int, way: str, plans: list[Plan]) -> None:
        """Spell the name differently; it stays the same pipeline."""

        def respelled(name: str) -> str:
            return name.replace("-", way) if way in "_ " else str(getattr(name, way)())

        self._change(stack, pick, lambda wanted: wanted | {"name": respelled(wanted["name"])}, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        recipe=recipes(),
        name=st.none() | st.integers(0, 2),
        plans=st.lists(plans(), max_size=3),
    )
    def swap_recipe(self, stack: str, pick: int, recipe: dict[str, str], name: int | None, plans: list[Plan]) -> None:
        """Take another recipe, of the other type perhaps; that takes another name, which is not always given."""
        logical_id = self._pick(stack, pick)
        if logical_id is not None:
            new = {} if name is None else {"name": self._name(stack, logical_id, name)}
            self._change(stack, pick, lambda wanted: with_recipe(wanted, recipe) | new, plans)

    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        changes=st.dictionaries(
            st.sampled_from(LOGICAL_IDS), st.tuples(st.integers(0, 4), recipes(), members()), min_size=1, max_size=3
        ),
        broken=st.none() | st.sampled_from(LOGICAL_IDS),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=5),
    )
    def deploy_several(self, stack: str, changes: dict[str, Any], broken: str | None, plans: list[Plan]) -> None:
        """Change several resources at once; one may refer to a recipe that does not exist, and all are rolled back."""
        wanted: dict[str, Wanted] = {
            logical_id: others | recipe | {"name": self._name(stack, logical_id, name)}
            for logical_id, (name, recipe, others) in changes.items()
        }
        if broken in wanted:
            wanted[broken] = with_recipe(wanted[broken], MISSING_RECIPE)
        self._deploy(stack, wanted, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        change=members(),
        name=st.none() | st.integers(0, 2),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=3),
    )
    def break_update(self, stack: str, pick: int, change: Wanted, name: int | None, plans: list[Plan]) -> None:
        """Change many things at once, the recipe to one that does not exist: this is rolled back."""
        logical_id = self._pick(stack, pick)
        if logical_id is not None:
            new = {} if name is None else {"name": self._name(stack, logical_id, name)}
            self._change(stack, pick, lambda wanted: with_recipe(wanted, MISSING_RECIPE) | change | new, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        others=members(),
        name=st.none() | st.integers(0, 2),
        plans=st.lists(heavy_plans(), min_size=1, max_size=4),
    )
    def alter_in_trouble(self, stack: str, pick: int, others: Wanted, name: int | None, plans: list[Plan]) -> None:
        """Change many things while much goes wrong."""
        logical_id = self._pick(stack, pick)
        if logical_id is not None:
            new = {} if name is None else {"name": self._name(stack, logical_id, name)}
            kept = ("name", *RECIPES)
            self._change(stack, pick, lambda wanted: {k: wanted[k] for k in kept if k in wanted} | others | new, plans)

    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        logical_id=st.sampled_from(LOGICAL_IDS),
        recipe=recipes(),
        others=members(),
        plans=st.lists(heavy_plans(), min_size=1, max_size=3),
    )
    def create_in_trouble(
        self, stack: str, logical_id: str, recipe: dict[str, str], others: Wanted, plans: list[Plan]
    ) -> None:
        if logical_id not in self.wanted[stack]:
            self._deploy(stack, {logical_id: others | recipe | {"name": self._name(stack, logical_id, 0)}}, plans)

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=2),
    )
    def remove(self, stack: str, pick: int, plans: list[Plan]) -> None:
        """Remove a resource from the template."""
        logical_id = self._pick(stack, pick)
        if logical_id is not None and self.stacks[stack].is_stable:
            self._deploy(stack, {logical_id: None}, plans)

    @precondition(_has_ours)
    @rule(stack=st.sampled_from(["Blue", "Green"]), plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=4))
    def delete_stack(self, stack: str, plans: list[Plan]) -> None:
        if self.stacks[stack].is_rolling_back:
            return
        must_succeed = self._is_calm(plans)
        has_succeeded: list[bool] = []
        self._run([partial(_note, self.stacks[stack].delete, has_succeeded)], plans)
        self._learn(stack)
        if must_succeed and has_succeeded != [True]:
            raise Violation("stuck: a stack could not be deleted although nothing was in the way")

    @rule(
        first=st.tuples(st.sampled_from(LOGICAL_IDS), st.integers(0, 4), recipes(), members()),
        second=st.tuples(st.sampled_from(LOGICAL_IDS), st.integers(0, 4), recipes(), members()),
        plans=st.lists(plans(), max_size=4),
    )
    def deploy_both(self, first: Any, second: Any, plans: list[Plan]) -> None:
        """Deploy both stacks at the same time."""
        if not all(stack.is_stable for stack in self.stacks.values()):
            return
        jobs: list[Callable[[], None]] = []
        afterwards: list[Callable[[], None]] = []
        for stack, (logical_id, name, recipe, others) in zip(("Blue", "Green"), (first, second), strict=True):
            wanted = others | recipe | {"name": self._name(stack, logical_id, name)}
            if self._takes_a_missing_name(stack, {logical_id: wanted}):
                return
            job, done = self._job(stack, {logical_id: wanted}, None)
            jobs.append(job)
            afterwards.append(done)
        has_shared = any(one["name"].lower() in SHARED for wanted in self.wanted.values() for one in wanted.values())
        self._run(jobs, plans, only_once=has_shared)
        for done in afterwards:
            done()

    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        recipe=recipes(),
        others=members(),
        patience=st.floats(0.0, 6.0),
        plans=st.lists(quick_plans(), max_size=1),
    )
    def cancel_create(
        self, stack: str, recipe: dict[str, str], others: Wanted, patience: float, plans: list[Plan]
    ) -> None:
        """Delete a resource while its Create still runs."""
        wanted = others | recipe | {"name": f"{stack}-cancelled"}
        if not self.stacks[stack].is_stable or self.function.is_out():
            return
        self._run([partial(self.stacks[stack].create_and_cancel, "Cancelled", properties_of(wanted), patience)], plans)
        self.figures["deleted while the Create runs"] += 1

    @precondition(lambda self: bool(self.theirs))
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        logical_id=st.sampled_from(LOGICAL_IDS),
        pick=st.integers(0, 3),
        others=members(),
        broken=st.none() | st.sampled_from(LOGICAL_IDS),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=3),
    )
    def adopt(
        self, stack: str, logical_id: str, pick: int, others: Wanted, broken: str | None, plans: list[Plan]
    ) -> None:
        """Adopt a pipeline of others, by a new resource or a rename; a broken sibling may have it rolled back."""
        if not self.theirs or not self.stacks[stack].is_stable:
            return
        arn = sorted(self.theirs)[pick % len(self.theirs)]
        theirs = json.loads(self.theirs[arn])
        recipe = {name: theirs[name] for name in RECIPES if name in theirs}
        wanted = others | recipe | {"name": theirs["name"], "AdoptExisting": True}
        changes: dict[str, Any] = {logical_id: wanted}
        if broken not in {None, logical_id}:
            changes[str(broken)] = with_recipe(wanted | {"name": f"{stack}-{broken}-0"}, MISSING_RECIPE)
        if self._takes_a_missing_name(stack, changes):
            return
        del self.theirs[arn]
        self.adopted[arn] = self.their_tags[arn] = theirs["tags"]
        self.statuses[arn] = {theirs["status"]}
        self._deploy(stack, changes, plans)
        self.figures["adoptions"] += 1

    @precondition(_has_ours)
    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        to=st.sampled_from(LOGICAL_IDS),
        is_broken=st.booleans(),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=3),
    )
    def move(self, stack: str, pick: int, to: str, is_broken: bool, plans: list[Plan]) -> None:
        """Let another resource of the stack adopt a pipeline whose resource leaves the template."""
        logical_id = self._pick(stack, pick)
        if logical_id is None or to in self.wanted[stack]:
            return
        wanted = self.wanted[stack][logical_id]
        changes: dict[str, Any] = {logical_id: None, to: wanted | {"AdoptExisting": True}}
        if is_broken:
            third = next(other for other in LOGICAL_IDS if other not in changes)
            changes[third] = with_recipe(wanted | {"name": f"{stack}-{third}-0"}, MISSING_RECIPE)
        self._deploy(stack, changes, plans)
        self.figures["moves"] += 1

    @precondition(lambda self: bool(self.past))
    @rule(pick=st.integers(0, 30))
    def repeat(self, pick: int) -> None:
        """Lambda delivers an older event once more, of which the pipeline tells that it is older."""
        request = self.past[pick % len(self.past)]
        if self._tells_that_it_is_older(request.event):
            self._run([lambda: self.function.deliver_again(request)], [])
            self.figures["fault: delivered after later events"] += 1

    # What happens behind CloudFormation's back.

    @precondition(_has_ours)
    @rule(pick=st.integers(0, 5))
    def delete_by_hand(self, pick: int) -> None:
        """Somebody deletes a pipeline of ours."""
        ours = sorted(self._ours_in_order())
        if ours:
            arn = ours[pick % len(ours)]
            self._delete_by_hand(arn)
            self.figures["fault: deleted by hand"] += 1

    @rule(
        name=st.sampled_from(["golden", "silver", "Blue-First-0", "Green-Second-1"]), recipe=recipes(), others=members()
    )
    def create_by_hand(self, name: str, recipe: dict[str, str], others: Wanted) -> None:
        """Somebody creates a pipeline whose name one of ours may want, or had until it was deleted."""
        wanted = others | recipe | {"name": name, "tags": {"theirs": "x"}}
        arn = f"{OWN}image-pipeline/{normalized_name(name)}"
        if arn in self._live() or not is_allowed(wanted) or self._may_be_taken_over(arn):
            return
        self.service.call(
            "CreateImagePipeline", request_of(wanted) | {"clientToken": f"by hand {self.simulation.random.random()}"}
        )
        self.theirs[arn] = json.dumps(self._live()[arn], sort_keys=True)
        self.made[arn] = _made(self._live()[arn])
        self.figures["fault: foreign pipeline"] += 1

    @precondition(lambda self: bool(self.theirs))
    @rule(pick=st.integers(0, 3))
    def delete_theirs(self, pick: int) -> None:
        if self.theirs:
            arn = sorted(self.theirs)[pick % len(self.theirs)]
            self._remove_theirs(arn)

    @precondition(_has_ours)
    @rule(pick=st.integers(0, 5), value=st.sampled_from(["a", "b"]))
    def tag_by_hand(self, pick: int, value: str) -> None:
        ours = sorted(self._ours_in_order())
        if ours:
            arn = ours[pick % len(ours)]
            self.service.call("TagResource", {"resourceArn": arn, "tags": {"theirs": value}})
            self.their_tags.setdefault(arn, {})["theirs"] = value

    @precondition(_has_ours)
    @rule(pick=st.integers(0, 5))
    def disable_after_failures(self, pick: int) -> None:
        """The service disables a pipeline whose builds fail."""
        ours = [
            arn for arn in sorted(self._ours_in_order()) if "autoDisablePolicy" in self._live()[arn].get("schedule", {})
        ]
        if ours:
            arn = ours[pick % len(ours)]
            self.service.run_on_schedule(arn, fails=True)
            self.statuses[arn] = {self._live()[arn]["status"]}
            self.figures["fault: disabled by the service"] += 1

    @rule(
        fault=st.sampled_from(LASTING),
        seconds=st.sampled_from([5, 30, 200, 400, 1500]),
        share=st.sampled_from([0.3, 1.0, 1.0]),
    )
    def break_service(self, fault: Any, seconds: float, share: float) -> None:
        """Image Builder is out of order from now on.

        IAM's delays are short: a role that may not look at a pipeline for longer than the function waits has to take it
        for somebody else's.
        """
        if fault == DENIED:
            seconds = min(seconds, 15)
        self.function.outages.append(Outage(fault, self.simulation.now + seconds, share))
        self.figures["outages"] += 1

    @precondition(lambda self: self.function.is_out() or not all(stack.is_stable for stack in self.stacks.values()))
    @rule()
    def heal(self) -> None:
        """The outage ends, the user removes what is in the way and goes on with what did not work."""
        self._heal()

    # What must hold.

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "stacks"):
            return
        # The first check is of an empty account.
        self.figures["steps"] += self.has_begun
        self.has_begun = True
        self._check()

    def _check(self) -> None:
        self._check_answers()
        self._check_theirs()
        self._check_owners()
        for name, stack in self.stacks.items():
            if stack.is_stable:
                self._check_stack(name, stack)

    def teardown(self) -> None:
        if not hasattr(self, "stacks"):
            return
        with self.world:
            self._heal()
            self._check()
            for name in self.stacks:
                self.delete_stack(name, [])
            self._check()
            if self._owned():
                raise Violation("orphaned: pipelines of ours are left after both stacks were deleted")

    def _check_answers(self) -> None:
        for violation in self.function.bucket.violations:
            raise Violation(violation)
        for request in self.cloudformation.requests:
            if request.honoured is None and request.heard and not request.was_cancelled:
                raise Violation("stuck: a delivery ended well, and no answer of it counts")
        self.past.extend(one for one in self.cloudformation.requests if one.event["RequestType"] != "Create")
        self.cloudformation.requests.clear()

    def _check_theirs(self) -> None:
        live = self._live()
        for arn, before in self.theirs.items():
            if arn not in live or json.dumps(live[arn], sort_keys=True) != before:
                raise Violation(f"foreign: a pipeline that is not ours was touched: {arn}")

    def _check_owners(self) -> None:
        expected = {
            (stack.id, logical_id): member.physical_id
            for stack in self.stacks.values()
            for logical_id, member in stack.members.items()
        }
        unstable = {stack.id for stack in self.stacks.values() if not stack.is_stable}
        given_up = {arn for stack in self.stacks.values() for arn in stack.given_up}
        owners = [(arn, owner) for arn, owner in self._owned() if owner[0] not in unstable and arn not in given_up]
        for owner, count in Counter(owner for _, owner in owners).items():
            if count > 1:
                raise Violation(f"doubled: {owner[1]} has {count} pipelines")
        for arn, owner in owners:
            if expected.get(owner) != arn:
                raise Violation(f"orphaned: {arn} belongs to {owner[1]}, which has {expected.get(owner)}")
        for arn, live in self._live().items():
            if STACK_ID_TAG not in live["tags"] and arn not in self.theirs and arn not in self.adopted:
                raise Violation(f"orphaned: {arn} was made here, and was left without an owner")

    def _check_stack(self, name: str, stack: Stack) -> None:
        live = self._live()
        for logical_id, member in stack.members.items():
            arn, wanted = member.physical_id, self.wanted[name][logical_id]
            if (stack.id, logical_id, arn) in self.missing:
                continue
            if arn not in live:
                raise Violation(f"lost: {logical_id} has no pipeline {arn}")
            if name_in_arn(arn) != normalized_name(wanted["name"]):
                raise Violation(f"state: {logical_id} has {arn}, and is called {wanted['name']}")
            has, should_have = configuration(live[arn]), expected_configuration(wanted)
            if has != should_have:
                raise Violation(f"state: {_difference(has, should_have)}")
            tags = self.their_tags.get(arn, {}) | wanted.get("tags", {})
            tags = tags | {STACK_ID_TAG: stack.id, LOGICAL_ID_TAG: logical_id}
            has_tags = {key: value for key, value in live[arn]["tags"].items() if key not in MARKS}
            if has_tags != tags:
                raise Violation(f"tags: {_difference(has_tags, tags)}")
            if live[arn]["status"] not in self.statuses.get(arn, {"ENABLED", "DISABLED"}):
                raise Violation(f"status: {live[arn]['status']}, and may be {self.statuses[arn]}")

    # How it is done.

    def _name(self, stack: str, logical_id: str, number: int) -> str:
        """Return one of three names that only this resource has, or one of two that all want."""
        return SHARED[number - 3] if number > 2 else f"{stack}-{logical_id}-{number}"

    def _pick(self, stack: str, pick: int) -> str | None:
        there = sorted(self.wanted[stack])
        return there[pick % len(there)] if there else None

    def _change(self, stack: str, pick: int, change: Callable[[Wanted], Wanted], plans: list[Plan]) -> None:
        logical_id = self._pick(stack, pick)
        if logical_id is None:
            return
        before = self.wanted[stack][logical_id]
        after = change(before)
        if normalized_name(before["name"]) != normalized_name(after["name"]):
            # What was meant was the pipeline of that name.
            after = _without(after, "AdoptExisting")
        self._deploy(stack, {logical_id: after}, plans)

    def _deploy(self, stack: str, changes: dict[str, Wanted] | dict[str, None], plans: list[Plan]) -> None:
        if not self.stacks[stack].is_stable or self._takes_a_missing_name(stack, changes):
            return
        job, done = self._job(stack, changes, plans)
        self._run([job], plans)
        done()

    def _takes_a_missing_name(self, stack: str, changes: dict[str, Any]) -> bool:
        """Tell whether a name is another resource's whose pipeline somebody deleted: no rollback could please both."""
        missing = {(arn, logical_id, stack_id) for stack_id, logical_id, arn in self.missing}
        taken = {
            (f"{OWN}image-pipeline/{normalized_name(wanted['name'])}", logical_id)
            for logical_id, wanted in changes.items()
            if wanted is not None
        }
        mine = self.stacks[stack].id
        return any(
            arn == there and (logical_id, mine) != (holder, owner)
            for arn, logical_id in taken
            for there, holder, owner in missing
        )

    def _job(
        self, name: str, changes: dict[str, Any], plans: list[Plan] | None
    ) -> tuple[Callable[[], None], Callable[[], None]]:
        """Return what deploys, and what then learns from it."""
        stack = self.stacks[name]
        before, statuses = self.wanted[name], {_made(live): live["status"] for live in self._live().values()}
        after = {key: value for key, value in (before | changes).items() if value is not None}
        template = {key: properties_of(value) for key, value in after.items()}
        must_succeed = plans is not None and self._is_calm(plans) and self._is_possible(name, after)
        has_succeeded: list[bool] = []

        def deploy() -> None:
            has_succeeded.append(stack.deploy(template))

        def done() -> None:
            (succeeded,) = has_succeeded
            self.figures["deployed" if succeeded else "rolled back" if stack.is_stable else "rollback failed"] += 1
            if must_succeed and not succeeded:
                raise Violation("stuck: a deployment failed although everything in its way was to pass")
            if succeeded:
                self.wanted[name] = after
            self._learn(name)
            if stack.is_stable:
                self._learn_statuses(stack, before, changes, statuses, succeeded=succeeded)

        return deploy, done

    def _learn(self, name: str) -> None:
        """Take note of what the stack has now, and let the user delete by hand what CloudFormation gave up."""
        stack = self.stacks[name]
        self.wanted[name] = {key: value for key, value in self.wanted[name].items() if key in stack.members}
        live = self._live()
        self.missing -= {(*owner, arn) for arn, owner in self._owned()}
        left_over = {arn for arn, owner in self._owned() if owner[0] == stack.id}
        # What the log says could not be tidied up, the user does.
        doomed = stack.given_up | (left_over if stack.is_stable and stack.id in self.function.left_over else set())
        for arn in doomed & live.keys():
            if live[arn]["tags"].get(STACK_ID_TAG) == stack.id and not self._is_used(arn):
                self._give_up(arn)
        stack.given_up.clear()
        if stack.is_stable:
            self.function.left_over.discard(stack.id)
        self._learn_adopted()
        live = self._live()
        made = {arn: _made(pipeline) for arn, pipeline in live.items()}
        # What is known of a pipeline is not of the next one with its name.
        same = {arn for arn in made if self.made.get(arn, made[arn]) == made[arn]}
        self.their_tags = {arn: tags for arn, tags in self.their_tags.items() if arn in same}
        self.statuses = {arn: statuses for arn, statuses in self.statuses.items() if arn in same}
        self.made = made

    def _give_up(self, arn: str) -> None:
        """Let the user put by hand in order what CloudFormation gave up, or the log says was left."""
        tags = self._live()[arn]["tags"]
        if arn in self.adopted or tags.get(ADOPTED_TAG) == RETAINED:
            keys = [key for key in OWNER_TAGS if key in tags]
            self.service.call("UntagResource", {"resourceArn": arn, "tagKeys": keys})
        else:
            self.service.call("DeleteImagePipeline", {"imagePipelineArn": arn})
        self.figures["put in order by hand"] += 1

    def _learn_adopted(self) -> None:
        """Hold what became of adopted pipelines against what was promised of them."""
        live = self._live()
        for arn, theirs in list(self.adopted.items()):
            if arn not in live:
                raise Violation(f"lost: a pipeline that was adopted, {arn}")
            tags = live[arn]["tags"]
            if STACK_ID_TAG in tags:
                if tags.get(ADOPTED_TAG) != RETAINED:
                    del self.adopted[arn]
                    self.figures["adopted for good"] += 1
                continue
            if any(mark in tags for mark in OWNER_TAGS) or not theirs.keys() <= tags.keys():
                raise Violation(f"tags: {arn} was given back with {tags}, and had {theirs}")
            del self.adopted[arn]
            self.their_tags.pop(arn, None)
            self.theirs[arn] = json.dumps(live[arn], sort_keys=True)
            self.figures["given back"] += 1

    def _tells_that_it_is_older(self, event: dict[str, Any]) -> bool:
        """Tell whether what there is now shows that an event is older than what was done since."""
        arn, live = event["PhysicalResourceId"], self._live()
        sent = issued_at(event)
        if arn not in live or sent is None:
            return event["RequestType"] == "Delete" and not arn.startswith("not-created/") and "image-pipeline" in arn
        pipeline = live[arn]
        if (pipeline["tags"].get(STACK_ID_TAG), pipeline["tags"].get(LOGICAL_ID_TAG)) != (
            event["StackId"],
            event["LogicalResourceId"],
        ):
            return event["RequestType"] == "Delete" and FORMER_LOGICAL_ID_TAG not in pipeline["tags"]
        if event["RequestType"] == "Delete":
            return datetime.fromisoformat(pipeline["dateCreated"]) > sent + timedelta(seconds=60)
        before, wanted = lenient(event["OldResourceProperties"]), lenient(event["ResourceProperties"])
        is_in_place = normalized_name(before.name) == normalized_name(wanted.name) == name_in_arn(arn)
        was_changed = datetime.fromisoformat(pipeline["dateUpdated"]) > sent + timedelta(seconds=1)
        differs = before.without("tags").request != wanted.without("tags").request
        return is_in_place and was_changed and differs and shows(pipeline, before, rather_than=wanted)

    def _learn_statuses(
        self,
        stack: Stack,
        before: dict[str, Wanted],
        changes: dict[str, Any],
        was: dict[Made, str],
        *,
        succeeded: bool,
    ) -> None:
        owned = self._owned()
        for logical_id, member in stack.members.items():
            arn, wanted = member.physical_id, self.wanted[stack.name][logical_id]
            if (arn, (stack.id, logical_id)) not in owned:
                continue
            old, asked = before.get(logical_id, {}), changes.get(logical_id) or {}
            given = wanted.get("status")
            made = _made(self._live()[arn])
            if made not in was:
                may_be = {given or "ENABLED"}
            elif logical_id in changes and succeeded:
                may_be = {was[made]} if _same_in_place(old, wanted) or not given else {given}
                may_be |= {"ENABLED"} if old.get("status") == "DISABLED" and given is None else set()
            else:
                # A rollback cannot know whether it was the update or the service that disabled the pipeline.
                may_be = {was[made], given or was[made]}
                may_be |= {"ENABLED"} if asked.get("status") == "DISABLED" and given is None else set()
            self.statuses[arn] = may_be

    def _is_calm(self, plans: Iterable[Plan]) -> bool:
        """Tell whether all that goes wrong passes soon enough."""
        return not self.function.is_out() and all(_passes(plan) for plan in plans)

    def _is_possible(self, name: str, after: dict[str, Wanted]) -> bool:
        """Tell whether the stack can have this: it is allowed, and no name is anybody else's."""
        stack = self.stacks[name]
        if not all(is_allowed(wanted) for wanted in after.values()):
            return False
        taken = {(arn, owner) for arn, owner in self._owned()} | {(arn, None) for arn in self.theirs}
        for logical_id, wanted in after.items():
            arn = f"{OWN}image-pipeline/{normalized_name(wanted['name'])}"
            owner = (stack.id, logical_id)
            others = {holder for there, holder in taken if there == arn and holder != owner}
            if others and not wanted.get("AdoptExisting"):
                return False
            taken.add((arn, owner))
            live = self._live().get(arn)
            if live is not None and any((recipe in live) != (recipe in wanted) for recipe in RECIPES):
                return False
        return True

    def _may_be_taken_over(self, arn: str) -> bool:
        wanted = [wanted for template in self.wanted.values() for wanted in template.values()]
        return any("AdoptExisting" in one and arn.endswith(f"/{normalized_name(one['name'])}") for one in wanted)

    def _is_used(self, arn: str) -> bool:
        return any(member.physical_id == arn for stack in self.stacks.values() for member in stack.members.values())

    def _run(self, jobs: list[Callable[[], Any]], plans: list[Plan], *, only_once: bool = False) -> None:
        self.cloudformation.plans = deque(map(deepcopy, plans))
        # Of two deliveries at once one may give up right before the other succeeds: see the limits above.
        if any(outage.fault in (DENIED, GARBLED) for outage in self.function.outages):
            only_once = True
        if only_once:
            for plan in self.cloudformation.plans:
                plan.copies.clear()
        for job in jobs:
            self.simulation.spawn(job)
        self.simulation.run()
        self.cloudformation.plans.clear()

    def _heal(self) -> None:
        for outage in self.function.outages:
            self.simulation.now = max(self.simulation.now, outage.until)
        for name, stack in self.stacks.items():
            if stack.is_stable:
                continue
            self._clear_the_way(stack)
            is_stable: list[bool] = []
            # What is left of a deletion is deleted; a rollback goes on.
            heal = stack.continue_rollback if stack.is_rolling_back else stack.delete
            self._run([partial(_note, heal, is_stable)], [])
            self._learn(name)
            if is_stable != [True]:
                raise Violation("stuck: a stack cannot be brought to rest")
            self.statuses = {}
            self.figures["healed"] += 1

    def _clear_the_way(self, stack: Stack) -> None:
        """Delete by hand what has taken the name of a pipeline that a rollback has to make again."""
        owners = dict(self._owned())
        for logical_id, wanted in self.wanted[stack.name].items():
            arn = f"{OWN}image-pipeline/{normalized_name(wanted['name'])}"
            if arn in self.theirs:
                self._remove_theirs(arn)
            elif (
                arn in self._live()
                and arn in owners
                and (owners[arn] != (stack.id, logical_id) or self._has_other_recipe(arn, wanted))
            ):
                self._delete_by_hand(arn)

    def _has_other_recipe(self, arn: str, wanted: Wanted) -> bool:
        """Tell whether a pipeline was made again with a recipe of another type, after somebody had deleted it."""
        return any((recipe in self._live()[arn]) != (recipe in wanted) for recipe in RECIPES)

    def _delete_by_hand(self, arn: str) -> None:
        self.adopted.pop(arn, None)
        self.missing.add((*dict(self._owned())[arn], arn))
        self.service.call("DeleteImagePipeline", {"imagePipelineArn": arn})
        self.their_tags.pop(arn, None)

    def _remove_theirs(self, arn: str) -> None:
        self.service.call("DeleteImagePipeline", {"imagePipelineArn": arn})
        del self.theirs[arn]

    def _live(self) -> dict[str, dict[str, Any]]:
        return {pipeline["arn"]: pipeline for pipeline in self.service.pipelines()}

    def _owned(self) -> list[tuple[str, tuple[str, str]]]:
        """Return the pipelines that carry our tags, each with stack id and logical id."""
        return [
            (arn, (live["tags"][STACK_ID_TAG], live["tags"].get(LOGICAL_ID_TAG, "")))
            for arn, live in self._live().items()
            if STACK_ID_TAG in live["tags"]
        ]

    def _ours_in_order(self) -> set[str]:
        """Return the live pipelines that stacks at rest have."""
        live = self._live()
        return {
            member.physical_id
            for stack in self.stacks.values()
            if stack.is_stable
            for member in stack.members.values()
            if member.physical_id in live and live[member.physical_id]["tags"].get(STACK_ID_TAG) == stack.id
        }


class MachineOfProcesses(Machine):
    """The same, and some events are worked on by processes of their own, over sockets."""

    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        logical_id=st.sampled_from(LOGICAL_IDS),
        name=st.integers(0, 2),
        recipe=recipes(),
        others=members(),
        plans=st.lists(process_plans(), min_size=1, max_size=3),
    )
    def put_by_process(
        self, stack: str, logical_id: str, name: int, recipe: dict[str, str], others: Wanted, plans: list[Plan]
    ) -> None:
        wanted = others | recipe | {"name": self._name(stack, logical_id, name)}
        self._deploy(stack, {logical_id: wanted}, plans)

    @rule(
        stack=st.sampled_from(["Blue", "Green"]),
        pick=st.integers(0, 2),
        plans=st.lists(process_plans(), min_size=1, max_size=2),
    )
    def remove_by_process(self, stack: str, pick: int, plans: list[Plan]) -> None:
        self.remove(stack, pick, plans)


def _made(live: dict[str, Any]) -> Made:
    return live["arn"], live["dateCreated"]


def _note(job: Callable[[], bool], into: list[bool]) -> None:
    into.append(job())


def _passes(plan: Plan) -> bool:
    trying = [fault for fault in plan.calls if fault in (DENIED, GARBLED)]
    return not plan.is_deaf and len(plan.kills) < 3 and len(plan.puts) < 7 and len(plan.calls) < 7 and len(trying) < 2


def _same_in_place(old: Wanted, new: Wanted) -> bool:
    """Tell whether an update of the same pipeline has nothing to write but tags."""
    return _without(_without(request_of(old), "tags"), "name") == _without(_without(request_of(new), "tags"), "name")


def _without(wanted: Wanted, member: str) -> Wanted:
    return {name: value for name, value in wanted.items() if name != member}


def _difference(has: dict[str, Any], should_have: dict[str, Any]) -> str:
    names = [name for name in sorted(has.keys() | should_have.keys()) if has.get(name) != should_have.get(name)]
    return "; ".join(f"{name} is {has.get(name)!r}, expected {should_have.get(name)!r}" for name in names)
