"""Comparison of a recording with the emulator (calls) and with the recording of the local cloud (stacks)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from tools.smoke_aws import recording
from tools.smoke_aws.account import as_dict

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer

LOCAL: Final = Path(__file__).parents[2] / "tests" / "recordings" / "local-cloud.jsonl"
"""Recording of the local cloud, with its beliefs."""

_VOLATILE: Final = frozenset({"requestId", "nextToken", "dateCreated", "dateUpdated", "dateLastRun", "dateNextRun"})
_SCANNING: Final = "scanning-without-inspector"
_PLACEHOLDER: Final = "AKIAIOSFODNN7EXAMPLE"


def differences(path: Path, local: Path = LOCAL) -> list[str]:
    """Return a description of each difference, with its probe. ValueError for an invalid recording."""
    lines = list(recording.read(path))
    return [*_of_calls(lines), *_of_findings(lines, list(recording.read(local)))]


def _of_calls(lines: list[dict[str, Any]]) -> Iterator[str]:
    run, calls = lines[0], [line for line in lines if line["kind"] == "call"]
    service = ImageBuilder(
        partition=run["partition"], region=run["region"], account=recording.ACCOUNT, inspector=_inspector(lines)
    )
    for parts in (line for line in lines if line["kind"] == "parts"):
        for name, arn in parts.items():
            if name != "kind":
                service.register(arn, platform="Linux")
    with ImageBuilderServer(service) as server:
        session: Any = boto3.Session(_PLACEHOLDER, "none", region_name=run["region"])
        # Send the recorded parameters unchanged: without validation, for newer members, and without retries.
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        client = session.client("imagebuilder", endpoint_url=server.url, config=config)
        try:
            for number, call in enumerate(calls, 1):
                for what in _compared(call, _repeat(client, call)):
                    yield f"{call['probe']}: call {number}, {call['operation']}: {what}"
        finally:
            client.close()


def _inspector(lines: list[dict[str, Any]]) -> list[str]:
    """Return the types that Amazon Inspector was activated for: the probe succeeded where it was."""
    created = [
        line["parameters"] for line in lines
        if (line["kind"], line.get("probe"), line.get("operation")) == ("call", _SCANNING, "CreateImagePipeline")
        and line["error"] is None
    ]  # fmt: skip
    return ["ecr" if "containerRecipeArn" in parameters else "ec2" for parameters in created]


def _repeat(client: Any, call: dict[str, Any]) -> dict[str, Any]:
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", call["operation"]).lower()
    try:
        response: dict[str, Any] = getattr(client, method)(**call["parameters"])
    except ClientError as error:
        about, details = as_dict(error)["ResponseMetadata"], as_dict(error)["Error"]
        code, message = details.get("Code"), details.get("Message")
        return {"status": about["HTTPStatusCode"], "error": {"code": code, "message": message}, "output": {}}
    status = response.pop("ResponseMetadata")["HTTPStatusCode"]
    return {"status": status, "error": None, "output": response}


def _compared(recorded: dict[str, Any], emulated: dict[str, Any]) -> Iterator[str]:
    theirs, ours = (answer["error"] or {} for answer in (recorded, emulated))
    pairs = [
        ("status", recorded["status"], emulated["status"]),
        ("error", theirs.get("code"), ours.get("code")),
        ("message", theirs.get("message"), ours.get("message")),
    ]
    yield from (f"{what}: recorded {theirs!r}, the emulator {ours!r}" for what, theirs, ours in pairs if theirs != ours)
    if recorded["error"] is None and emulated["error"] is None:
        yield from _unlike("output", recorded["output"], emulated["output"])


def _unlike(path: str, recorded: object, emulated: object) -> Iterator[str]:
    match recorded, emulated:
        case dict(), dict():
            for name in sorted(({*recorded} & {*emulated}) - _VOLATILE):
                yield from _unlike(f"{path}.{name}", recorded[name], emulated[name])
            for name in sorted({*recorded} ^ {*emulated}):
                yield f"{path}.{name}: recorded {_shown(recorded, name)}, the emulator {_shown(emulated, name)}"
        case list(), list() if len(recorded) == len(emulated):
            for index, pair in enumerate(zip(recorded, emulated, strict=True)):
                yield from _unlike(f"{path}[{index}]", *pair)
        case _:
            if recorded != emulated:
                yield f"{path}: recorded {recorded!r}, the emulator {emulated!r}"


def _shown(output: dict[str, Any], name: str) -> str:
    return repr(output[name]) if name in output else "nothing"


def _of_findings(lines: list[dict[str, Any]], local: list[dict[str, Any]]) -> Iterator[str]:
    ours = {(line["probe"], line["belief"]): line["holds"] for line in local if line["kind"] == "finding"}
    for line in (line for line in lines if line["kind"] == "finding"):
        belief = (line["probe"], line["belief"])
        # Features that the local cloud lacks are not part of its beliefs.
        if belief in ours and ours[belief] != line["holds"]:
            words = {True: "holds", False: "does not hold"}
            yield (
                f"{line['probe']}: {line['belief']}: recorded that it {words[line['holds']]}, "
                f"in the local cloud it {words[ours[belief]]}; seen {line['seen']!r}"
            )
