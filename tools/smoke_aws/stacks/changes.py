"""Probes of a minimal pipeline and of updates in place."""

from typing import Any

import aws_cdk as cdk
from tools.smoke_aws.account import Account
from tools.smoke_aws.cloudformation import deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import OUTPUT, add_pipeline, live, own_tags


def plain(account: Account, parts: Parts) -> None:
    """Deploy a minimal pipeline."""
    done = deploy(account, "plain", "plain", lambda stack: add_pipeline(account, parts, stack, "plain"))
    account.expect(
        "plain",
        "the policy allows everything that a plain pipeline needs",
        {"status": done.status, "reasons": done.reasons},
        holds=done.status == "CREATE_COMPLETE",
    )


def description(account: Account, parts: Parts) -> None:
    """Change the description, then remove it."""
    probe, seen = "description", list[dict[str, Any]]()
    for text in ("before", "after", None):
        props = {} if text is None else {"description": text}
        done = deploy(account, probe, probe, lambda stack: add_pipeline(account, parts, stack, probe, **props))  # noqa: B023
        found = live(account, done.output(OUTPUT)) or {}
        seen.append({name: found.get(name) for name in ("arn", "dateCreated", "description")})
    account.expect(
        probe,
        "an Update in place keeps the ARN",
        seen,
        holds=len({(one["arn"], one["dateCreated"]) for one in seen}) == 1,
    )
    account.expect(
        probe,
        "an Update changes the description, and removes one that the template no longer has",
        [one["description"] for one in seen],
        holds=[one["description"] for one in seen] == ["before", "after", None],
    )


def tags(account: Account, parts: Parts) -> None:
    """Change, add and remove a tag. The stack also has a tag that is not in its template."""
    probe = "tags"

    def step(given: dict[str, str], of_the_stack: dict[str, str]) -> dict[str, Any]:
        def fill(stack: cdk.Stack) -> None:
            add_pipeline(account, parts, stack, probe, tags=given)

        done = deploy(account, probe, probe, fill, tags=of_the_stack)
        return live(account, done.output(OUTPUT)) or {"tags": {}}

    first = step({"kept": "1", "removed": "1"}, {"smoke-stack": "1"})
    second = step({"kept": "2", "added": "1"}, {"smoke-stack": "1"})
    account.expect(
        probe,
        "tags change, and the owner's condition keys work on TagResource and UntagResource",
        own_tags(second),
        holds=own_tags(second) == {"kept": "2", "added": "1"},
    )
    dates = [first.get("dateUpdated"), second.get("dateUpdated")]
    account.expect(probe, "tags change without an update of the pipeline", dates, holds=dates[0] == dates[1])
    account.expect(
        probe,
        "stack tags do not reach custom resources",
        [own_tags(first), own_tags(second)],
        holds="smoke-stack" not in first["tags"] and "smoke-stack" not in second["tags"],
    )
