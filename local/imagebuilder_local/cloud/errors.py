"""The exception of the local cloud."""


class LocalCloudError(Exception):
    """The local cloud cannot be started, reached or stopped; the message has the reason and the fix."""
