"""Pipeline props: plain dataclasses and enums."""
