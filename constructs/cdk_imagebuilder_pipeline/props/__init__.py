"""The props of a pipeline: plain dataclasses and enums."""
