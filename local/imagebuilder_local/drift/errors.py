"""The exception of the comparison."""


class DriftError(Exception):
    """The stack cannot be compared; the message says what is wrong, what was got, what is allowed and the fix."""
