"""Confirmation of the account and the cost before the run creates resources."""

from collections.abc import Mapping

PLAN = """\
`make smoke-aws` creates EC2 Image Builder pipelines and a dozen stacks in the account, one after another (roles,
functions, queues, log groups, a key, a network, a bucket), records the responses of AWS, and deletes them again.
It takes one to two hours. It costs less than 0.20 USD (an estimate), mostly for an interface endpoint and a key for
some minutes. KMS deletes the key after 7 days, which costs nothing."""

BUILD_PLAN = """\
With BUILD=1 it also builds two images: about two hours more, and less than 1.00 USD for the instances and snapshots."""


class StopError(Exception):
    """The run cannot start or has failed; the message has the fix."""


class TroubleError(StopError):
    """A probe failed, or resources are left; the message has the details."""


def plan(*, build: bool) -> str:
    """Return a description of a run and its cost."""
    return f"{PLAN}\n{BUILD_PLAN}" if build else PLAN


def require_confirmation(environment: Mapping[str, str], account: str, region: str) -> None:
    """Require that CONFIRM is the id of the account of the credentials. StopError otherwise."""
    given = environment.get("CONFIRM", "")
    if given == account:
        return
    wrong = f"got {given!r}, which is another account" if given else "it is not set"
    # The message does not include the account id, so that users have to look it up.
    raise StopError(
        f"CONFIRM must be the id of the account of your credentials, and {wrong}; nothing was created.\n"
        f"{plan(build=environment.get('BUILD') == '1')}\n"
        f"Region: {region}. To confirm: make smoke-aws CONFIRM=<account id>; "
        "aws sts get-caller-identity --query Account shows the id"
    )
