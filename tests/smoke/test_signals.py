"""Ctrl-C ends the probes once, and the clean-up never."""

import contextlib
import os
import signal

import pytest
from tools.smoke_aws.signals import Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_first_signal_interrupts_and_the_next_is_refused(number: signal.Signals) -> None:
    said: list[str] = []
    with Signals(said.append):
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert said == []
        os.kill(os.getpid(), number)
        assert said == ["still cleaning up: leftover resources cost money"]


def test_interrupt_that_a_library_kept_is_raised_at_the_next_look() -> None:
    with Signals(print) as signals:
        signals.check()
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signals.check()
        signals.refuse()
        signals.check()
    assert signals.was_interrupted


def test_signal_is_refused_after_the_probes(capsys: pytest.CaptureFixture[str]) -> None:
    with Signals(print) as signals:
        signals.refuse()
        os.kill(os.getpid(), signal.SIGTERM)
    assert "still cleaning up" in capsys.readouterr().out


def test_handlers_are_those_of_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with Signals(print):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
