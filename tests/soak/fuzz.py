"""Properties that make no sense, or nearly do: the parser refuses them in its own words, whatever they are."""

import json
import random
import string
from collections import Counter
from copy import deepcopy
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from imagebuilder_model import load_model
from imagebuilder_pipeline_handler.imagebuilder.invalid import PropertiesError
from imagebuilder_pipeline_handler.pipeline.properties import desired, lenient
from imagebuilder_pipeline_handler.runtime.failure import MOST_CHARACTERS
from soak.templates import members, properties_of, recipes

INPUTS_OF_AN_EXAMPLE: Final = 25
"""Hypothesis draws a start, and a seed to vary it by: one draw for each input would take ten times as long."""

_FURTHER: Final = 0.6
_TEXT: Final = st.text(st.characters(), max_size=40)
_NAMES: Final = st.sampled_from(
    sorted({name[:1].upper() + name[1:] for shape in load_model().shapes.values() for name in shape.members})
)
_SCALARS: Final = st.none() | st.booleans() | st.integers() | st.floats() | _TEXT
_JSON: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT | _NAMES, inner, max_size=5),
    max_leaves=15,
)
_ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 10**30, 1.5, float("nan"), float("inf"), "", " ", "true", "False", "ture", "60", "+60",
    "-0", "٣", "1e3", "9" * 19, "0x10", "null", "\ud800", "\x00", "é" * 300, "x" * 2000, [], {}, [[]], [{}], {"": ""},
    ["a", None], {"ref": "!Ref x"}, "rate(1 day)", "rate(0 days)", "cron(* * * * * *)", "cron(0 0 ? * 9#9 *)", "cron(",
    "arn:aws:imagebuilder:us-east-1:000000000000:image-recipe/a/1.0.0", "arn:::::", "ENABLED", "abort", "a" * 128,
)  # fmt: skip


def starts() -> st.SearchStrategy[Any]:
    """Anything at all, and what is nearly right."""
    nearly = st.builds(lambda others, recipe: properties_of(others | recipe | {"name": "golden"}), members(), recipes())
    return st.one_of(st.dictionaries(_TEXT | _NAMES, _JSON, max_size=8), nearly, nearly)


def try_one(properties: dict[str, Any], figures: Counter[str]) -> None:
    """Read properties; only an error of ours may come out, whose reason CloudFormation can take."""
    before = _frozen(properties)
    try:
        desired(properties)
        figures["accepted"] += 1
    except PropertiesError as error:
        figures["refused"] += 1
        reason = error.text()
        assert reason.startswith("InvalidProperties: ")
        assert len(reason) <= MOST_CHARACTERS
    read = lenient(properties)
    assert isinstance(read.name, str)
    assert isinstance(read.tags, dict)
    assert _frozen(properties) == before, "the template's properties were changed"


def varied(value: Any, dice: random.Random) -> Any:
    """Change one place of a tree."""
    value = deepcopy(value)
    places: list[tuple[Any, Any]] = []
    _collect(value, places)
    if not places:
        return value if not isinstance(value, dict) else {_word(dice): dice.choice(_ODD)}
    holder, key = dice.choice(places)
    match dice.randrange(6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            item = holder.pop(key)
            holder[_respelled(key, dice)] = item
        case 2 if isinstance(holder, dict):
            holder[_word(dice)] = dice.choice(_ODD)
        case 3:
            holder[key] = dice.choice([[holder[key]], {"Value": holder[key]}, str(holder[key]), [holder[key]] * 60])
        case 4 if isinstance(holder, dict):
            holder[str(key)[:1].swapcase() + str(key)[1:]] = deepcopy(holder[key])
        case _:
            holder[key] = dice.choice(_ODD)
    return value


def fuzz(inputs: int, number: int) -> Counter[str]:
    """Try so many inputs. The seed gives the same ones again."""
    figures: Counter[str] = Counter()

    @seed(number)
    @settings(
        max_examples=max(1, inputs // INPUTS_OF_AN_EXAMPLE),
        deadline=None,
        database=None,
        suppress_health_check=tuple(HealthCheck),  # pyright: ignore[reportArgumentType] (an enum's metaclass hides its members)
        phases=[Phase.generate, Phase.shrink],
    )
    @given(start=starts(), dice_seed=st.integers(0, 2**32 - 1))
    def run(start: dict[str, Any], dice_seed: int) -> None:
        dice = random.Random(dice_seed)
        value: Any = start
        for _ in range(INPUTS_OF_AN_EXAMPLE):
            try_one(value, figures)
            # Further from where it began, or from there again.
            value = varied(value if dice.random() < _FURTHER else start, dice)

    run()
    return figures


def _collect(value: Any, places: list[tuple[Any, Any]]) -> None:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        places.append((value, key))
        _collect(item, places)


def _word(dice: random.Random) -> str:
    return "".join(dice.choices(string.printable + "äπ\ud800", k=dice.randrange(12)))


def _respelled(name: Any, dice: random.Random) -> str:
    text = str(name)
    return dice.choice([text.lower(), text.upper(), text.swapcase(), text[:-1], text + "s", text[::-1]])


def _frozen(value: Any) -> str:
    return json.dumps(value)
