"""Bootstraps the environments of an app. A bootstrap lasts as long as the process of the local cloud."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from imagebuilder_local.app.assembly import DEFAULT_QUALIFIER, Environment
from imagebuilder_local.cloud.accounts import account_settings
from imagebuilder_local.cloud.files import write_private
from imagebuilder_local.cloud.state import Folder, State

Run = Callable[[Sequence[str], Mapping[str, str]], object]
"""Runs the CDK CLI with arguments, and with variables that are added to its environment."""

_FILE: Final = "bootstrapped"
# What `cdk bootstrap` asks for when another account is trusted to deploy.
_POLICY: Final = "arn:aws:iam::aws:policy/AdministratorAccess"


def default_environment(state: State) -> Environment:
    """Return the environment of stacks that name none."""
    return Environment(state.account, state.region)


def not_yet_bootstrapped(state: State, folder: Folder, wanted: Iterable[Environment]) -> list[Environment]:
    """Return the wanted environments that this process of the cloud does not have yet, in order."""
    return sorted(set(wanted) - bootstrapped(state, folder))


def bootstrap(state: State, folder: Folder, environments: Iterable[Environment], run: Run) -> None:
    """Bootstrap environments, each with credentials of its account; the cloud's own account may deploy to all."""
    missing = not_yet_bootstrapped(state, folder, environments)
    for (account, qualifier), group in groupby(missing, key=lambda one: (one.account, one.qualifier)):
        trust = ["--trust", state.account, "--cloudformation-execution-policies", _POLICY]
        named = ["--qualifier", qualifier, "--toolkit-stack-name", f"CDKToolkit-{qualifier}"]
        arguments = [
            "bootstrap",
            *(one.url for one in group),
            *(trust if account != state.account else ()),
            *(named if qualifier != DEFAULT_QUALIFIER else ()),
        ]
        run(arguments, account_settings(state, account))
    if missing:
        known = bootstrapped(state, folder) | set(missing)
        entries = sorted([one.account, one.region, one.qualifier] for one in known)
        write_private(folder.path / _FILE, json.dumps({"process": _process(state), "environments": entries}))


def bootstrapped(state: State, folder: Folder) -> set[Environment]:
    """Return the environments that this process of the cloud has bootstrapped."""
    try:
        note = json.loads((folder.path / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(note, dict) or note.get("process") != _process(state):
        return set()
    return {Environment(*entry) for entry in note["environments"]}


def _process(state: State) -> str:
    return f"{state.pid} {state.started}"
