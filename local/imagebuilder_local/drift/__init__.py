"""Compares the pipelines of a deployed stack with its template: `imagebuilder-local diff`."""

from imagebuilder_local.drift.command import add_options, diff

__all__ = ["add_options", "diff"]
