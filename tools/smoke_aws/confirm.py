"""Nothing is made before somebody has named the account, and read what it costs."""

from collections.abc import Mapping

PLAN = """\
What `make smoke-aws` does in the account: it makes pipelines of EC2 Image Builder and a dozen stacks one after another
(roles, functions, queues, log groups, a key, a network, a bucket), looks at what AWS responds, and deletes them again.
It takes one to two hours. It costs less than 0.20 USD (an estimate): an interface endpoint and a key for some minutes,
the rest is next to nothing. The key waits for 7 days until it is gone, which costs nothing."""

BUILD_PLAN = """\
With BUILD=1 it also builds one image: about an hour more, and less than 0.50 USD for an instance and its snapshot."""


class StopError(Exception):
    """The run cannot begin, or did not end as it must; the message says what to do."""


def plan(*, build: bool) -> str:
    """Return what a run does and what it costs."""
    return f"{PLAN}\n{BUILD_PLAN}" if build else PLAN


def require_confirmation(environment: Mapping[str, str], account: str, region: str) -> None:
    """Pass only when CONFIRM is the id of the account that the credentials are of; StopError otherwise."""
    given = environment.get("CONFIRM", "")
    if given == account:
        return
    wrong = f"got {given!r}, which is another account" if given else "it is not set"
    # Without a value the account is not named: who copies the line has to have looked.
    raise StopError(
        f"CONFIRM must be the id of the account that your credentials are of, and {wrong}; nothing was made.\n"
        f"{plan(build=environment.get('BUILD') == '1')}\n"
        f"Region: {region}. To confirm: make smoke-aws CONFIRM=<account id>; "
        "aws sts get-caller-identity --query Account shows the id"
    )
