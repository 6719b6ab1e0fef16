"""A complete run: all probes, then the clean-up, even after failures."""

import traceback
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

from tools.smoke_aws import build, on_deploy, trail
from tools.smoke_aws.account import Account
from tools.smoke_aws.cleanup import clean_up
from tools.smoke_aws.cloudformation import deploy, destroy, make_bucket, status_of
from tools.smoke_aws.confirm import StopError, TroubleError
from tools.smoke_aws.parts import add_parts, parts_of
from tools.smoke_aws.probes import PROBES, Probe
from tools.smoke_aws.signals import Signals
from tools.smoke_aws.stacks import STACKS

BUILDS: Final[Mapping[str, Probe]] = {build.PROBE: build.build, on_deploy.PROBE: on_deploy.build_on_deploy}
"""Probes that build an image, by name. They run with BUILD=1 only."""

NAMES: Final = (*PROBES, *STACKS, trail.PROBE, *BUILDS)
"""Names of all probes, as in docs/unverified.md."""


def chosen(only: str, *, with_build: bool) -> list[str]:
    """Return the probes to run, in order: all, or those in a comma-separated list."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        raise StopError(f"ONLY must have names of probes: got {', '.join(unknown)}; allowed are {', '.join(NAMES)}")
    building = [name for name in names if name in BUILDS]
    if building and not with_build:
        raise StopError(f"the probe {building[0]!r} builds an image, which costs more: set BUILD=1 as well")
    if trail.PROBE in names and not set(names) & {*STACKS, *BUILDS}:
        names.append("plain")  # without a function there are no events to look up
    return [name for name in NAMES if (name in names or not names) and (name not in BUILDS or with_build)]


def run(account: Account, names: Collection[str]) -> None:
    """Run probes and clean up. TroubleError if a probe failed, or if resources of the run are left."""
    broken: list[str] = []
    with Signals(account.say) as signals:
        account.check = signals.check
        try:
            try:
                _probe(account, names, broken)
            finally:
                signals.refuse()
        except KeyboardInterrupt:
            account.say("interrupted")
        except Exception as error:  # noqa: BLE001 (whatever it was, what was made has to go)
            broken.append(_note(account, "preparation", error))
        remains = _clean_up(account)
    # After the deletions, which also make calls.
    interrupted = signals.was_interrupted
    if not interrupted and trail.PROBE in names:
        _try(account, trail.PROBE, partial(trail.cloudtrail, account), broken)
    if remains:
        raise TroubleError(
            "\n- ".join([f"left of run {account.run}, clean up with make smoke-aws CLEAN={account.run}:", *remains])
        )
    if interrupted:
        raise TroubleError("interrupted: all created resources are deleted")
    if broken:
        raise TroubleError("\n- ".join(["probes failed, and all created resources are deleted:", *broken]))


def _probe(account: Account, names: Collection[str], broken: list[str]) -> None:
    account.say("parts")
    make_bucket(account)
    parts = parts_of(deploy(account, "parts", "parts", partial(add_parts, account)).outputs)
    account.recording.add("parts", **parts._asdict())
    for name in names:
        if name in PROBES:
            _try(account, name, partial(PROBES[name], account, parts), broken)
        elif name != trail.PROBE:
            stack = {**STACKS, **BUILDS}[name]
            _try(account, name, partial(_with_stacks, account, name, partial(stack, account, parts)), broken)


def _with_stacks(account: Account, name: str, probe: Callable[[], None]) -> None:
    """Run a probe and delete its stacks, so that they do not all exist at the same time."""
    try:
        probe()
    finally:
        client = account.client("cloudformation")
        for stack in (f"{account.prefix}-{name}", f"{account.prefix}-{name}-native"):
            if status_of(client, stack) is not None:
                account.say(f"  {stack}: {destroy(account, stack)}")


def _try(account: Account, name: str, probe: Callable[[], None], broken: list[str]) -> None:
    account.check()
    account.say(name)
    try:
        probe()
    except Exception as error:  # noqa: BLE001 (the other probes are still worth their time)
        broken.append(_note(account, name, error))


def _note(account: Account, name: str, error: Exception) -> str:
    where = [
        f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    message = f"{type(error).__name__}: {error}"
    account.recording.add("trouble", probe=name, message=message, where=where)
    account.say(f"  failed: {message}")
    return f"{name}: {message}"


def _clean_up(account: Account) -> list[str]:
    try:
        return clean_up(account)
    except Exception as error:
        message = f"the clean-up failed, clean up with make smoke-aws CLEAN={account.run}: {error}"
        raise TroubleError(message) from error
