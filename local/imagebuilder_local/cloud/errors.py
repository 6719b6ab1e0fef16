"""The error that the local cloud's callers see."""


class LocalCloudError(Exception):
    """The local cloud cannot be started, reached or stopped; the message says why and what to do."""
