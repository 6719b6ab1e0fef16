"""Descriptions of values in messages at synth."""

from collections.abc import Mapping

import imagebuilder_model


def described(value: object) -> str:
    """Return a value as `imagebuilder_model.described` does, but call a dict a mapping.

    At synth, the props that are objects are instances of classes, so "an object" would be ambiguous.
    """
    return "a mapping" if isinstance(value, Mapping) else imagebuilder_model.described(value)
