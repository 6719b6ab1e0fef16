"""Run the probes in the account of the credentials, or compare a recording with the emulator (`replay FILE`)."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from tools.smoke_aws.account import Account, Caller, caller, new_run, open_account
from tools.smoke_aws.cleanup import clean_up
from tools.smoke_aws.confirm import StopError, TroubleError, plan, require_confirmation
from tools.smoke_aws.replay import differences

_USAGE: Final = """\
usage: python -m tools.smoke_aws                run all probes; docs/smoke.md describes CONFIRM, BUILD, ONLY, RECORD
                                                and CLEAN
       python -m tools.smoke_aws replay FILE    compare a recording with the emulator"""


def main(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run the command. StopError if it cannot run or fails."""
    match arguments:
        case []:
            _run(environment)
        case ["replay", file]:
            _replay(Path(file))
        case _:
            raise StopError(_USAGE)


def _run(environment: Mapping[str, str]) -> None:
    with_build = environment.get("BUILD") == "1"
    session: Any = boto3.Session(region_name=environment.get("AWS_REGION") or None)
    if not session.region_name:
        raise StopError("no Region is configured: set AWS_REGION, or region in the profile of your credentials")
    try:
        who = caller(session)
    except (BotoCoreError, ClientError) as error:
        raise StopError(f"AWS did not identify the owner of the credentials: {error}") from error
    require_confirmation(environment, who.account, session.region_name)
    to_clean = environment.get("CLEAN", "")
    if to_clean:
        _clean(_account(environment, session, who, to_clean))
        return
    from tools.smoke_aws.run import chosen, run  # noqa: PLC0415 (the CDK starts, which takes seconds)

    names = chosen(environment.get("ONLY", ""), with_build=with_build)
    account = _account(environment, session, who, new_run())
    account.say(
        f"{plan(build=with_build)}\nRun {account.run}, Region {account.region}, recorded in {account.recording.path}\n"
    )
    run(account, names)
    account.say(_summary(account))


def _account(environment: Mapping[str, str], session: Any, who: Caller, run_id: str) -> Account:
    file = Path(environment.get("RECORD") or f".local/smoke/{datetime.now(UTC):%Y-%m-%d}-{run_id}.jsonl")
    return open_account(environment, session, who, run=run_id, file=file, say=_say)


def _say(text: str) -> None:
    """Print text. A closed terminal or pipe must not end the clean-up."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (until the end)


def _clean(account: Account) -> None:
    remains = clean_up(account)
    if remains:
        raise TroubleError("\n- ".join([f"left of run {account.run}:", *remains]))
    account.say(f"nothing is left of run {account.run}")


def _summary(account: Account) -> str:
    findings = account.recording.lines("finding")
    wrong = [f"- {line['probe']}: {line['belief']}" for line in findings if not line["holds"]]
    unseen = [f"- {line['probe']}: {line['what']}" for line in account.recording.lines("not available here")]
    unlike = [f"- {difference}" for difference in differences(account.recording.path)]
    parts = [
        (f"{len(findings) - len(wrong)} of {len(findings)} beliefs of stacks hold", []),
        ("Beliefs that do not hold:", wrong),
        ("Not available here:", unseen),
        ("Responses that differ from the emulator's:", unlike),
    ]
    lines = [line for title, rows in parts if rows or title.endswith("hold") for line in (title, *rows)]
    return "\n".join(
        ["", *lines, "", f"Nothing is left. Recording: {account.recording.path}. To share it: docs/smoke.md"]
    )


def _replay(file: Path) -> None:
    try:
        found = differences(file)
    except (OSError, ValueError) as error:
        raise StopError(f"{file} is not a valid recording: {error}") from error
    if found:
        raise TroubleError("\n- ".join([f"{file}: {len(found)} differences:", *found]))
    print(f"{file}: the emulator responds as recorded")


if __name__ == "__main__":
    try:
        main(sys.argv[1:], os.environ)
    except StopError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")  # before any resource was created, or after all were deleted
