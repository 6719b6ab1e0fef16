"""Compares the pipelines of a deployed stack with its template: `imagebuilder-local diff`."""

from imagebuilder_local.drift.command import diff

__all__ = ["diff"]
