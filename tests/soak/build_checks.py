"""What must hold of a stack at rest: each build has its image, and nothing else is being built."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from support.function import Plan, Violation
from support.stack import Template

from imagebuilder_model.ownership import IN_USE, LOGICAL_ID_TAG, WHAT_IS_BUILT_TAG
from imagebuilder_pipeline_handler.imagebuilder.images import USABLE
from soak.build_account import Account
from soak.build_stack import LOGICAL_IDS, PART, BuildStack
from soak.build_templates import changed_builds, has_failing

_SECONDS_UNTIL_THE_WATCH: Final = 1300
"""For which faults that pass hold up the start of a build at most."""

_STATES: Final = 6
"""In which a build is before it has ended."""


def check_images(account: Account, stack: BuildStack) -> None:
    """Violation when a build that the stack waited for has no image of its Trigger."""
    for logical_id in LOGICAL_IDS:
        if logical_id not in stack.members or not _was_waited_for(stack, logical_id):
            continue
        arn, trigger = stack.members[logical_id].physical_id, stack.members[logical_id].properties["Trigger"]
        if arn in account.disturbed:
            continue
        image = account.image(arn)
        if image is None or account.status(image) not in USABLE:
            raise Violation(f"state: {logical_id} has {arn}, which is {image and account.status(image)}")
        if image.tags.get(WHAT_IS_BUILT_TAG) != trigger:
            raise Violation(f"state: {logical_id} has {arn} with {image.tags}, and its trigger is {trigger}")


def check_in_use(account: Account, stack: BuildStack) -> None:
    """Violation unless the images that the builds of a stack have, and no others, carry the tag that spares them.

    An event that is delivered when it is over may start a build that no resource has: it keeps the tag until the
    resource's next event. There is nothing to spare of an image that was deleted.
    """
    used = {stack.members[logical_id].physical_id for logical_id in LOGICAL_IDS if logical_id in stack.members}
    for image in account.images_of(stack.id):
        if account.status(image) == "DELETED":
            continue
        is_marked = IN_USE.items() <= image.tags.items()
        is_late = stack.id in account.function.delivered_late
        if is_marked != (image.arn in used) and not (is_marked and is_late):
            raise Violation(f"in use: {image.arn} has {image.tags}, and the stack has {sorted(used)}")


def check_running(account: Account, stack: BuildStack) -> None:
    """Violation when something is being built that no resource needs, or twice. Builds that are cancelled may run on."""
    needed = {
        stack.members[logical_id].physical_id
        for logical_id in LOGICAL_IDS
        if logical_id in stack.members and not _was_waited_for(stack, logical_id)
    }
    running = [one for one in account.images_of(stack.id) if account.is_running(one) and one.cancelled_at is None]
    for image in running:
        if image.arn not in needed:
            is_watched = account.step_functions.watches(image.arn)
            raise Violation(f"orphaned: {image.arn} is being built for nothing; watched: {is_watched}")
    of_what = Counter((image.tags[LOGICAL_ID_TAG], image.tags.get(WHAT_IS_BUILT_TAG)) for image in running)
    for what, count in of_what.items():
        if count > 1:
            raise Violation(f"doubled: {count} builds are running for {what}")


def can_build(account: Account, stack: BuildStack, template: Template, plans: Sequence[Plan]) -> bool:
    """Return whether every build that changes can succeed: the recipe is sound, and it is fast enough."""
    if account.is_broken or has_failing(template):
        return False
    changed = changed_builds(template, stack.template())
    running = {image.tags[LOGICAL_ID_TAG] for image in account.images_of(stack.id) if account.is_running(image)}
    until_the_watch = 60 if all(plan.is_calm() for plan in plans) else _SECONDS_UNTIL_THE_WATCH
    seconds = _STATES * account.seconds_per_state + until_the_watch
    waits = [given["TimeoutSeconds"] for given in changed.values()]
    return not running & changed.keys() and all(not wait or seconds < wait for wait in waits)


def _was_waited_for(stack: BuildStack, logical_id: str) -> bool:
    """Return whether the stack has waited for the image that a build has now.

    It has not when a rollback built anew and the deployment had not come to the further part: whether CloudFormation
    then updates that is not verified on AWS.
    """
    member, part = stack.members[logical_id], stack.members.get(f"{logical_id}{PART}")
    is_covered = part is None or part.properties["ImageArn"] == member.physical_id
    return bool(member.properties["WaitSeconds"]) and is_covered
