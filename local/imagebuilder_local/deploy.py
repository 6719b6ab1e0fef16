"""Deploys a CDK app to the local cloud and shows its pipelines: `make local`, `imagebuilder-local deploy`."""

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from imagebuilder_local.app.assembly import Stack, stacks_of
from imagebuilder_local.app.bootstrap import bootstrap, bootstrapped, default_environment, not_yet_bootstrapped
from imagebuilder_local.app.logs import log_lines
from imagebuilder_local.app.pipelines import pipeline_table
from imagebuilder_local.app.refusals import refusals
from imagebuilder_local.cdk import ALL_STACKS, CDK, CDK_CLI
from imagebuilder_local.cloud import LocalCloud
from imagebuilder_local.cloud.activity import doing
from imagebuilder_local.cloud.environment import client_settings, program_path
from imagebuilder_local.cloud.files import full_disk, make_folder, refuse_link, write_private
from imagebuilder_local.cloud.remembered import remembered
from imagebuilder_local.cloud.state import State
from imagebuilder_local.deployment import run_cdk
from imagebuilder_local.emulator.inspector import activated
from imagebuilder_local.steps import StepError, run, say, step

_PORT: Final = "IMAGEBUILDER_LOCAL_PORT"
_VALIDATION: Final = "CDK_VALIDATION"
# Lines of `cdk synth` that say what to do next, which is done here, or advise on flags of the CDK.
_HIDDEN: Final = ("Successfully synthesized to ", "Supply a stack id ", " feature flags are not configured.")


@dataclass(frozen=True)
class App:
    """A CDK app and what to do with it.

    `project` has the local cloud and the programs, `folder` the app's cdk.json. `stacks` are ids or patterns; none are
    all stacks. `context` has `key=value` strings, and `cdk_options` further arguments for `cdk deploy` or `destroy`.
    """

    project: Path
    folder: Path
    stacks: Sequence[str] = ()
    context: Sequence[str] = ()
    cdk_options: Sequence[str] = ()

    @property
    def assembly(self) -> Path:
        """The folder that the app is synthesised into."""
        return self.folder / "cdk.out"


def up(project: Path, cloud: LocalCloud) -> State:
    """Start the local cloud unless it is running, bootstrap it, and write `.local/env`, which configures a shell.

    Without the CDK CLI it is not bootstrapped.
    """
    state = _start(project, cloud)
    if shutil.which("cdk", path=program_path(project)) is None:
        say(f"not bootstrapped, because there is no CDK CLI here: npm install {CDK_CLI}")
    else:
        _bootstrap(state, cloud, project, [])
    return state


def deploy(app: App, cloud: LocalCloud) -> None:
    """Deploy stacks of the app to the local cloud with the CDK CLI and show the deployed pipelines."""
    state = _start(app.project, cloud)
    with _explained(cloud):
        environment = _cdk_environment(app.project, cloud)
        outputs_file = cloud.folder.path / "outputs.json"
        refuse_link(outputs_file)
        stacks = _synthesise(app, cloud, environment)
        _refuse(stacks, cloud)
        _bootstrap(state, cloud, app.project, stacks)
        with step("cdk deploy"), doing(cloud.folder, "cdk deploy"):
            outputs_file.unlink(missing_ok=True)
            options = ["--require-approval", "never", "--outputs-file", str(outputs_file)]
            _run_cdk(app, cloud, environment, "deploy", options)
        with step("Pipelines"):
            say("\n".join(pipeline_table(state, cloud.folder, stacks)))


def destroy(app: App, cloud: LocalCloud) -> None:
    """Destroy stacks of the app in the local cloud with the CDK CLI."""
    cloud.running()
    with _explained(cloud):
        environment = _cdk_environment(app.project, cloud)
        _synthesise(app, cloud, environment)
        with step("cdk destroy"), doing(cloud.folder, "cdk destroy"):
            _run_cdk(app, cloud, environment, "destroy", ["--force"])


def print_logs(cloud: LocalCloud, *, of_the_cloud: bool) -> None:
    """Print the logs of the functions, or the log of the local cloud itself."""
    if of_the_cloud:
        if not cloud.folder.log.is_file():
            raise StepError("the local cloud has no log: it was never started in this folder")
        print(cloud.folder.log.read_text(encoding="utf-8", errors="replace"), end="")  # noqa: T201
        return
    state = cloud.running()
    environments = bootstrapped(state, cloud.folder) | {default_environment(state)}
    print("\n".join(log_lines(state, cloud.folder, environments)) or "No function has written a log.")  # noqa: T201


def how_to_go_on(project: Path, cloud: LocalCloud, stop: str) -> str:
    """Return the next steps, including how to stop the local cloud."""
    file, log = (os.path.relpath(path, project) for path in (_environment_file(project), cloud.folder.log))
    state = cloud.state()
    rows = [
        *([(state.page, "open it in a browser: pipelines and events, live")] if state else []),
        (f". {file}", "configure this shell for the local cloud"),
        ("aws imagebuilder list-image-pipelines", "list all pipelines"),
        ("cdk diff", "show the changes in the app"),
        (f"less {log}", "read the log of the local cloud"),
        (stop, "stop the local cloud"),
    ]
    width = max(len(command) for command, _ in rows)
    return "\n".join(["", "Next steps:", *(f"  {command:<{width}}  # {meaning}" for command, meaning in rows)])


def _start(project: Path, cloud: LocalCloud) -> State:
    _check_inspector()
    make_folder(_environment_file(project).parent)
    before = remembered(cloud.folder)
    with step("Local cloud"):
        state = cloud.start(_port())
        say(f"process {state.pid}, AWS at {state.endpoint}, EC2 Image Builder at {state.imagebuilder_endpoint}")
        say(f"pipelines and events, live: {state.page}")
        now = remembered(cloud.folder)
        if before is not None and now is not None and (moved := sorted({*before.ports} - {*now.ports})):
            ports = " and ".join(map(str, moved))
            say(f"it had to leave port {ports}, which is in use: in open shells, run `. .local/env` again")
    settings = client_settings(state, cloud.folder) | {"PATH": program_path(project)}
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in settings.items())
    write_private(_environment_file(project), "".join(lines))
    _ignore_local_folder(project)
    return state


def _port() -> int:
    text = os.environ.get(_PORT, "0")
    if not text.isdecimal() or int(text) >= 2**16:
        raise StepError(f"{_PORT} must be a port from 0 (any free port) to 65535: got {text!r}")
    return int(text)


def _check_inspector() -> None:
    # Validated before the cloud's process reads it, so that the message is printed and not only logged.
    try:
        activated()
    except ValueError as error:
        raise StepError(str(error)) from error


def _ignore_local_folder(project: Path) -> None:
    ignore = _environment_file(project).with_name(".gitignore")
    if not ignore.exists():
        # The folder has an access key, which a project that does not ignore the folder would commit.
        write_private(ignore, "*\n")


def _environment_file(project: Path) -> Path:
    return project / ".local" / "env"


def _cdk_environment(project: Path, cloud: LocalCloud) -> dict[str, str]:
    environment = cloud.environment() | {"PATH": program_path(project), "FORCE_COLOR": "0"}
    if shutil.which("cdk", path=environment["PATH"]) is None:
        raise StepError(f"the CDK CLI is not installed here: npm install {CDK_CLI}")
    return environment


def _synthesise(app: App, cloud: LocalCloud, environment: Mapping[str, str]) -> list[Stack]:
    """Synthesise the app, and return the stacks that are selected."""
    with step("cdk synth"), doing(cloud.folder, "cdk synth"):
        context = [argument for value in app.context for argument in ("--context", value)]
        # The CDK's own check of the templates takes as long as the rest of the synth; `cdk synth` still makes it.
        unchecked = () if _VALIDATION in environment else ("--no-validation",)
        command = [*CDK, "synth", *ALL_STACKS, "--quiet", *unchecked, "--output", str(app.assembly), *context]
        run_cdk(command, environment=environment, folder=app.folder, cloud=cloud, hidden=_HIDDEN)
        stacks = stacks_of(app.assembly, default_environment(cloud.running()))
        if not app.stacks:
            return stacks
        # The CLI knows its patterns, and which other stacks the selected ones depend on.
        listed = run(
            [*CDK, "list", *app.stacks, "--long", "--json", "--app", str(app.assembly)],
            environment=environment,
            folder=app.folder,
        )
        names = {stack["name"] for stack in json.loads(listed[listed.index("[") :])}
        if not names:
            allowed = ", ".join(stack.path for stack in stacks)
            raise StepError(f"no stack is called {' or '.join(app.stacks)}: the app has {allowed}")
        return [stack for stack in stacks if stack.name in names]


def _refuse(stacks: Sequence[Stack], cloud: LocalCloud) -> None:
    problems = refusals(stacks, cloud.folder.resource_types.read_text(encoding="utf-8").split())
    if problems:
        raise StepError("nothing was deployed:\n" + "\n".join(f"  {problem}" for problem in problems))


def _bootstrap(state: State, cloud: LocalCloud, project: Path, stacks: Sequence[Stack]) -> None:
    wanted = {default_environment(state), *(stack.environment for stack in stacks)}
    missing = not_yet_bootstrapped(state, cloud.folder, wanted)
    if not missing:
        return
    environment = _cdk_environment(project, cloud)
    with step("cdk bootstrap"), doing(cloud.folder, "cdk bootstrap"):
        if wanted != {default_environment(state)}:
            say(", ".join(one.url for one in missing))

        def run_bootstrap(arguments: Sequence[str], settings: Mapping[str, str]) -> None:
            command, variables = [*CDK, *arguments], environment | dict(settings)
            run_cdk(command, environment=variables, folder=cloud.folder.path, cloud=cloud, show=False)

        bootstrap(state, cloud.folder, missing, run_bootstrap)


def _run_cdk(app: App, cloud: LocalCloud, environment: Mapping[str, str], command: str, options: Sequence[str]) -> None:
    stacks = app.stacks or ALL_STACKS
    arguments = [*CDK, command, *stacks, "--app", str(app.assembly), *options, *app.cdk_options]
    run_cdk(arguments, environment=environment, folder=app.folder, cloud=cloud, assembly=app.assembly)


@contextmanager
def _explained(cloud: LocalCloud) -> Iterator[None]:
    """Add to the message of a failed step that the disk is full."""
    try:
        yield
    except StepError as error:
        raise StepError(f"{error}{full_disk(cloud.folder.path)}") from error
