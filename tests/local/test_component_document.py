"""Component documents: which of their steps fails by an `exit` that every run reaches."""

import json
from typing import Any

import pytest

from imagebuilder_local.emulator.component_document import FailedStep, failed_step


def document(*steps: dict[str, Any], phase: str = "build") -> str:
    return json.dumps({"schemaVersion": 1.0, "phases": [{"name": phase, "steps": list(steps)}]})


def step(*commands: str, action: str = "ExecuteBash", **more: Any) -> dict[str, Any]:
    return {"name": "Harden", "action": action, "inputs": {"commands": list(commands)}} | more


@pytest.mark.parametrize(
    "command",
    ["exit 3", "exit  3\n", "echo broken >&2; exit 3", "set -eu\necho broken\nexit 3\n"],
)
def test_step_whose_last_command_is_exit_fails(command: str) -> None:
    assert failed_step(document(step("echo first", command)), "build") == FailedStep("Harden", "ExecuteBash", 3)


@pytest.mark.parametrize(
    "command",
    [
        "exit 0",
        "exit",
        "exit $code",
        "exit 3; echo after",
        "test -e /etc/passwd || exit 3",
        "if false; then exit 3; fi",
        "if false\nthen\n  exit 3\nfi",
        "echo exit 3",
        "exit 256",
        "# exit 3",
    ],
)
def test_exit_that_a_run_may_not_reach_is_no_failure(command: str) -> None:
    assert failed_step(document(step(command)), "build") is None


def test_commands_after_an_exit_are_not_reached() -> None:
    assert failed_step(document(step("exit 0", "exit 3")), "build") is None
    assert failed_step(document(step("exit 4", "exit 3")), "build") == FailedStep("Harden", "ExecuteBash", 4)


def test_first_step_that_fails_counts_unless_its_failure_is_ignored() -> None:
    steps = [step("exit 1", onFailure="Ignore"), step("exit 2", onFailure="Continue"), step("exit 3")]
    assert failed_step(document(*steps), "build") == FailedStep("Harden", "ExecuteBash", 2)


@pytest.mark.parametrize(("action", "code"), [("ExecuteBash", 194), ("ExecutePowerShell", 3010)])
def test_code_that_asks_for_a_restart_is_no_failure(action: str, code: int) -> None:
    assert failed_step(document(step(f"exit {code}", action=action)), "build") is None


def test_power_shell_fails_too_and_other_actions_do_not() -> None:
    failed = FailedStep("Harden", "ExecutePowerShell", 1)
    assert failed_step(document(step("exit 1", action="ExecutePowerShell")), "build") == failed
    assert failed_step(document(step("exit 1", action="ExecuteBinary")), "build") is None


def test_document_is_yaml_too_and_its_phases_are_apart() -> None:
    text = """
schemaVersion: 1.0
phases:
  - name: test
    steps:
      - name: Check
        action: ExecuteBash
        inputs:
          commands:
            - |
              echo broken
              exit 7
"""
    assert failed_step(text, "test") == FailedStep("Check", "ExecuteBash", 7)
    assert failed_step(text, "build") is None


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "a: [", "phases: 1", "phases: [1]", "phases: [{name: build, steps: [1, {action: ExecuteBash}]}]"],
)
def test_what_is_no_document_fails_in_no_step(text: str) -> None:
    assert failed_step(text, "build") is None
