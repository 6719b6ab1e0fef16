"""A user, a stack that builds images, and everything that goes wrong, at random; `_check` says what must hold.

The limits, where nobody could know better, and which are therefore left out:
- A delivery that comes when its event is over and the next one of the resource has begun, unless CloudFormation has
  given the event up an hour ago: a build does not tell which of two events is the later one.
- A function that is killed, or delivered twice, while CloudFormation cancels its event: Lambda runs it once more after
  the rollback, and it starts a build that is watched until it ends.
- A deployment that takes a build which somebody cancels, and which has not stopped yet.
- Several deliveries of one event during an outage, one of which gives up (FAILED) right before the outage ends and
  another one starts the build: the same limit as for pipelines. The build is watched until it ends.
"""

from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from copy import deepcopy
from functools import partial
from typing import Any, ClassVar, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.function import Outage, Violation
from support.stack import Template

from imagebuilder_model.builds import DELETE, RETAIN
from soak.build_account import FOREIGN_TAGS, SECONDS_PER_STATE, Account, foreign_tags
from soak.build_checks import can_build, check_images, check_in_use, check_running
from soak.build_plans import Outside, heavy_plans, outside, passes, plans, quick_plans
from soak.build_stack import LOGICAL_IDS, BuildStack
from soak.build_templates import TRIGGERS, WAITS, build, failing, without_spare_parts
from soak.machine import LASTING
from soak.step_functions import LONGEST

SPEEDS: Final = (SECONDS_PER_STATE, SECONDS_PER_STATE, SECONDS_PER_STATE, 90.0, 300.0, 900.0)
"""Seconds of a state of a build, which has six of them."""


class Builds(RuleBasedStateMachine):
    """One stack with two builds of one pipeline, in an account with other people's images."""

    figures: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world = ExitStack()
        self.stacks = 0
        self.has_begun = False

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        self.account = Account(seed, self.figures)
        self.simulation = self.account.simulation
        self.world.enter_context(self.account.installed())
        self._new_stack()
        self.figures["sequences"] += 1

    # What a user does.

    @rule(
        logical_id=st.sampled_from(LOGICAL_IDS),
        trigger=st.sampled_from(TRIGGERS),
        waits=st.sampled_from(WAITS),
        on_delete=st.sampled_from([RETAIN, RETAIN, DELETE]),
        plans=st.lists(plans(), max_size=3),
        late=st.lists(st.integers(0, 9), max_size=1),
    )
    def deploy(
        self, logical_id: str, trigger: str, waits: tuple[int, ...], on_delete: str, plans: list[Any], late: list[int]
    ) -> None:
        """Deploy a trigger: the same one, another one or an earlier one. An older event may come once more meanwhile."""
        for pick in late:
            self.account.deliver_late(self.stack.id, pick)
        self._deploy(self._with(logical_id, trigger, waits, on_delete), plans)

    @precondition(lambda self: bool(self.stack.members))
    @rule(
        logical_id=st.sampled_from(LOGICAL_IDS),
        trigger=st.sampled_from(TRIGGERS),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=4),
    )
    def change_trigger(self, logical_id: str, trigger: str, plans: list[Any]) -> None:
        """Change nothing but a trigger."""
        template = self.stack.template()
        if logical_id in template:
            self._deploy(template | {logical_id: template[logical_id] | {"Trigger": trigger}}, plans)

    @rule(
        triggers=st.tuples(st.sampled_from(TRIGGERS), st.sampled_from(TRIGGERS)),
        waits=st.sampled_from(WAITS),
        plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=5),
        outside=st.lists(outside(), max_size=2),
    )
    def deploy_both(
        self, triggers: tuple[str, str], waits: tuple[int, ...], plans: list[Any], outside: list[Outside]
    ) -> None:
        first, second = (
            build(name, self.account.pipeline, trigger, waits, RETAIN)
            for name, trigger in zip(LOGICAL_IDS, triggers, strict=True)
        )
        self._deploy(first | second, plans, outside)

    @rule(
        logical_id=st.sampled_from(LOGICAL_IDS),
        trigger=st.sampled_from(TRIGGERS),
        waits=st.sampled_from(WAITS),
        on_delete=st.sampled_from([RETAIN, DELETE]),
        is_later=st.booleans(),
        plans=st.lists(plans(), max_size=4),
    )
    def fail_elsewhere(
        self,
        logical_id: str,
        trigger: str,
        waits: tuple[int, ...],
        on_delete: str,
        is_later: bool,
        plans: list[Any],
    ) -> None:
        """Deploy beside, or before, a resource that fails: everything is rolled back."""
        template = self._with(logical_id, trigger, waits, on_delete)
        self._deploy(template | failing(self.account.missing_image, is_later=is_later), plans)

    @rule(
        logical_id=st.sampled_from(LOGICAL_IDS),
        trigger=st.sampled_from(TRIGGERS),
        waits=st.sampled_from(WAITS),
        patience=st.sampled_from([15.0, 100.0, 1000.0]),
        plans=st.lists(quick_plans(), max_size=2),
    )
    def cancel_deployment(
        self, logical_id: str, trigger: str, waits: tuple[int, ...], patience: float, plans: list[Any]
    ) -> None:
        """Deploy while something else fails: CloudFormation waits no longer, and rolls back."""
        if not self.account.function.is_out():
            self.stack.patience = patience
            template = self._with(logical_id, trigger, waits, RETAIN)
            self._deploy(template | failing(self.account.missing_image, is_later=False), plans)
            self.stack.patience = None

    @precondition(lambda self: bool(self.stack.members))
    @rule(logical_id=st.sampled_from(LOGICAL_IDS), plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=2))
    def remove(self, logical_id: str, plans: list[Any]) -> None:
        """Remove a build from the template."""
        kept = {name: given for name, given in self.stack.template().items() if not name.startswith(logical_id)}
        if kept:
            self._deploy(kept, plans)

    @precondition(lambda self: bool(self.stack.members))
    @rule(plans=st.lists(st.one_of(plans(), heavy_plans()), max_size=3), outside=st.lists(outside(), max_size=1))
    def delete_stack(self, plans: list[Any], outside: list[Outside]) -> None:
        if not self.stack.is_rolling_back:
            self._delete_stack(plans, outside)

    @rule(seconds=st.sampled_from([10.0, 100.0, 1000.0, 4000.0]))
    def pass_time(self, seconds: float) -> None:
        self._run(lambda: self.simulation.sleep(seconds), [])

    # What happens behind CloudFormation's back.

    @rule(speed=st.sampled_from(SPEEDS))
    def change_speed(self, speed: float) -> None:
        """Builds that begin from now on take so long for each state."""
        self.account.seconds_per_state = speed

    @rule(is_broken=st.sampled_from([False, False, True]))
    def change_recipe(self, is_broken: bool) -> None:
        """Builds that begin from now on fail, or no longer do."""
        self.account.use_recipe(is_broken=is_broken)

    @rule(what=outside())
    def disturb(self, what: Outside) -> None:
        self.account.disturb(self.stack.id, what)

    @rule(tags=st.sampled_from(FOREIGN_TAGS))
    def build_by_hand(self, tags: str) -> None:
        """Somebody else runs the pipeline, for the same trigger perhaps."""
        self.account.build_by_hand(foreign_tags(tags, self.stack.id))

    @rule(
        fault=st.sampled_from(LASTING),
        seconds=st.sampled_from([5, 30, 200, 400, 1500]),
        share=st.sampled_from([0.3, 1.0]),
    )
    def break_service(self, fault: Any, seconds: float, share: float) -> None:
        """Image Builder is out of order from now on."""
        self.account.function.outages.append(Outage(fault, self.simulation.now + seconds, share))
        self.figures["outages"] += 1

    @precondition(lambda self: self.account.function.is_out() or not self.stack.is_stable)
    @rule()
    def heal(self) -> None:
        """The outage ends, the user repairs what makes builds fail, and goes on with what did not work."""
        self._heal()

    # What must hold.

    @invariant()
    def check(self) -> None:
        if hasattr(self, "stack"):
            # The first check is of an empty account.
            self.figures["steps"] += self.has_begun
            self.has_begun = True
            self._check()

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        with self.world:
            self._heal()
            self._delete_stack([], [])
            self.simulation.run()
            self._check()

    def _check(self) -> None:
        self.account.check()
        if self.stack.is_stable:
            check_images(self.account, self.stack)
            check_in_use(self.account, self.stack)
            check_running(self.account, self.stack)

    # How it is done.

    def _with(self, logical_id: str, trigger: str, waits: tuple[int, ...], on_delete: str) -> Template:
        """Return the stack's template with this build in it."""
        return self.stack.template() | build(logical_id, self.account.pipeline, trigger, waits, on_delete)

    def _deploy(self, template: Template, plans: list[Any], outside: list[Outside] | None = None) -> None:
        if not self.stack.is_stable:
            return
        template = without_spare_parts(template)
        must_succeed = self._is_calm(plans, outside or []) and can_build(self.account, self.stack, template, plans)
        self.figures["deployments that must succeed"] += must_succeed
        succeeded: list[bool] = []
        self._run(lambda: succeeded.append(self.stack.deploy(template)), plans, outside)
        result = "deployed" if succeeded == [True] else "rolled back" if self.stack.is_stable else "rollback failed"
        self.figures[result] += 1
        if must_succeed and succeeded != [True]:
            raise Violation("stuck: a deployment failed although everything in its way was to pass")
        self._tidy_up()

    def _delete_stack(self, plans: list[Any], outside: list[Outside]) -> None:
        must_succeed = self._is_calm(plans, outside)
        self._run(self.stack.delete, plans, outside)
        if must_succeed and not self.stack.is_stable:
            raise Violation("stuck: a stack could not be deleted although nothing was in the way")
        self.figures["stack deleted" if self.stack.is_stable else "deletion failed"] += 1
        if self.stack.is_stable:
            self._tidy_up()
            check_in_use(self.account, self.stack)
            check_running(self.account, self.stack)
            self.account.give_away(self.stack.id)
            self._new_stack()

    def _new_stack(self) -> None:
        self.stacks += 1
        self.stack = BuildStack(self.account.cloudformation, f"Blue{self.stacks}")

    def _run(self, job: Callable[[], Any], plans: list[Any], outside: list[Outside] | None = None) -> None:
        self.account.cloudformation.plans = deque(map(deepcopy, plans))
        if self.account.function.is_out():
            for plan in self.account.cloudformation.plans:
                plan.copies.clear()
        is_over: list[bool] = []

        def run() -> None:
            job()
            is_over.append(True)

        for what in outside or []:
            self.simulation.spawn(partial(self.account.disturb, self.stack.id, what), what.delay)
        self.simulation.spawn(run)
        self.simulation.run(lambda: bool(is_over))
        self.account.cloudformation.plans.clear()

    def _is_calm(self, plans: list[Any], outside: list[Outside]) -> bool:
        return not self.account.function.is_out() and not outside and all(map(passes, plans))

    def _heal(self) -> None:
        ends = max((outage.until for outage in self.account.function.outages), default=self.simulation.now)
        self._run(lambda: self.simulation.sleep(ends - self.simulation.now), [])
        if self.stack.is_stable:
            return
        self.account.use_recipe(is_broken=False)
        self.account.seconds_per_state = 1.0
        # Builds that are cancelled have stopped then.
        self._run(lambda: self.simulation.sleep(2 * LONGEST), [])
        is_stable: list[bool] = []
        self._run(lambda: is_stable.append(self.stack.heal()), [])
        self.account.disturbed |= self.stack.skipped
        if is_stable != [True]:
            raise Violation("stuck: a stack cannot be brought to rest")
        self._tidy_up()
        self.figures["healed"] += 1

    def _tidy_up(self) -> None:
        """Put in order by hand what a Delete that CloudFormation gave up, or a note in the log, has left."""
        if self.stack.is_stable:
            left_over = self.account.function.left_over
            if self.stack.given_up or self.stack.id in left_over:
                self.account.tidy_unused(self.stack)
            self.stack.given_up.clear()
            left_over.discard(self.stack.id)
