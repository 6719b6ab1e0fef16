"""The reason that CloudFormation shows for a failure."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from imagebuilder_pipeline_handler.lifecycle import LifecycleError
from imagebuilder_pipeline_handler.properties import PropertiesError

MOST_CHARACTERS: Final = 1000
"""CloudFormation takes more, but the console and the CLI cut it. The first 256 characters should be enough alone."""


def reason_for(error: BaseException) -> str:
    """Say in one line what went wrong. Never a stack trace: that is in the function's log."""
    match error:
        case PropertiesError() | LifecycleError():
            text = str(error)
        case ClientError():
            details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
            text = (
                f"{details.get('Code', 'unknown error')}: {details.get('Message') or 'no message'} "
                f"({error.operation_name}, request id {metadata.get('RequestId', 'unknown')})"
            )
        case BotoCoreError():
            text = f"{type(error).__name__}: {error}"
        case _:
            text = f"the function failed with {type(error).__name__}: {error}; its log has the details"
    return shortened(text)


def shortened(text: str) -> str:
    """Cut a reason that is too long between two words, and say so."""
    ending = " … (shortened)"
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[: MOST_CHARACTERS - len(ending)].rsplit(" ", 1)[0] + ending
