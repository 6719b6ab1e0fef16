"""The reason that CloudFormation shows for a failure: the code, what it means, what to do, then the particulars."""

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import botocore.exceptions
from botocore.exceptions import ClientError, HTTPClientError

MOST_CHARACTERS: Final = 1000
"""CloudFormation takes more, but the console and the CLI cut it. The first 256 characters are enough alone."""

_SERVER_ERRORS: Final = range(500, 600)


CONNECTION_ERRORS: Final = (HTTPClientError, botocore.exceptions.ConnectionError)
"""What botocore raises when no answer came: two families, with nothing narrower in common."""


class Advice(NamedTuple):
    """What a code means for a pipeline of a stack, and the way out."""

    means: str
    do: str


REASONS: Final = {
    "InvalidProperties": Advice("the template is wrong", "correct what is named here"),
    "InvalidEvent": Advice("the event is not one that CloudFormation sends", "invoke the function through a stack"),
    "NotOurs": Advice(
        "a pipeline of this name exists and was not made by this resource",
        "choose another Name, or set AdoptExisting to true to take it over",
    ),
    "OtherStacks": Advice(
        "a pipeline of this name exists and belongs to another stack",
        "choose another Name, or delete its tag imagebuilder-pipeline:stack-id and set AdoptExisting",
    ),
    "OwnerTagsMissing": Advice(
        "the pipeline lacks the two tags that say whose it is",
        "put them back as named here, or set AdoptExisting to true",
    ),
    "Superseded": Advice(
        "a later change of the pipeline came before this delivery of an earlier one", "nothing: nobody waits for it"
    ),
    "OtherRecipeType": Advice(
        "a pipeline keeps its type of recipe for life",
        "give Name another value with the other recipe, so that a new pipeline replaces this one",
    ),
    "OutOfTime": Advice(
        "the function ran out of time, and what it asked for may still happen",
        "deploy again: a pipeline that was made is found by its tags",
    ),
    "NoConnection": Advice(
        "Image Builder could not be reached or did not answer in time",
        "check the function's route to it (VPC, endpoint, proxy, DNS), then deploy again",
    ),
    "NoAnswer": Advice(
        "Image Builder answered without content, so whether the pipeline was made is not known",
        "deploy again: a pipeline that was made is found by its tags",
    ),
    "AttributesNotJson": Advice("the resource's attributes cannot be sent", "report it with the function's log"),
    "InternalError": Advice("the function failed in a way that nobody foresaw", "report it with the function's log"),
    "CallRateLimitExceededException": Advice(
        "too many calls to Image Builder at once, for the whole time of the function",
        "deploy again later or fewer pipelines at once",
    ),
    "TooManyRequestsException": Advice(
        "too many calls to Image Builder at once, for the whole time of the function",
        "deploy again later or fewer pipelines at once",
    ),
    "5xx": Advice(
        "Image Builder failed for the whole time of the function", "see the AWS Health Dashboard, deploy again"
    ),
    "ResourceInUseException": Advice(
        "the pipeline was busy for the whole time of the function", "wait for its running change, then deploy again"
    ),
    "ResourceDependencyException": Advice(
        "the account lacks what the pipeline needs, such as Amazon Inspector for a scan",
        "activate Amazon Inspector for EC2 or ECR in this Region, then deploy again",
    ),
    "DeleteImagePipeline ResourceDependencyException": Advice(
        "something still refers to the pipeline", "delete what does, then delete the stack again"
    ),
    "ResourceAlreadyExistsException": Advice(
        "a pipeline of this name exists, and is gone when looked at", "deploy again, or choose another Name"
    ),
    "ResourceNotFoundException": Advice(
        "something that the template refers to does not exist in this account and Region",
        "check the ARNs of recipe, infrastructure, distribution and workflows",
    ),
    "ServiceQuotaExceededException": Advice(
        "the account has as many pipelines as it may have in this Region",
        "ask for more in Service Quotas, EC2 Image Builder, or delete some",
    ),
    "IdempotentParameterMismatchException": Advice(
        "an earlier delivery of this event asked for something else with the same token", "deploy again"
    ),
    "AccessDeniedException": Advice(
        "the function's role may not do this, or the pipeline is not this stack's",
        "allow it with the provider's policy, then deploy again",
    ),
    "ForbiddenException": Advice(
        "the function's role may not do this, or not use something that the template refers to",
        "allow it with the provider's policy, then deploy again",
    ),
    "InvalidParameterException": Advice("Image Builder refuses a value", "correct the property that it names"),
    "InvalidParameterValueException": Advice("Image Builder refuses a value", "correct the property that it names"),
    "InvalidRequestException": Advice("Image Builder refuses the request", "correct what it names"),
    "ClientException": Advice("Image Builder refuses the request", "correct what it names"),
    "other": Advice(
        "Image Builder refuses the request", "see what it says here, or ask AWS Support with the request id"
    ),
}
"""Every reason by its code, as docs/reasons.md lists them. `5xx` stands for such statuses, `other` for other codes.
A code that means something else to one operation stands behind that operation's name."""


class HandlerError(Exception):
    """An event fails: the code of a reason, and what is particular to the case, whose parts stay whole."""

    def __init__(self, code: str, detail: str, parts: Sequence[str] = ()) -> None:
        super().__init__(f"{code}: {detail}{'; '.join(parts)}")
        self.code = code
        self.detail = detail
        self.parts = parts


def reason_for(error: BaseException, story: str = "", secrets: Collection[str] = ()) -> str:
    """Say in one line what went wrong. Never a stack trace: that is in the function's log.

    Words that are `secrets` are not repeated from what others say of the error.
    """
    match error:
        case HandlerError():
            return fitted(f"{_advice(error.code, error.code, story)}: {error.detail}", error.parts)
        case ClientError():
            details, metadata = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
            code = str(details.get("Code") or "unknown error")
            facts = f"{error.operation_name}, request id {metadata.get('RequestId', 'unknown')}"
            by_status = "5xx" if metadata.get("HTTPStatusCode") in _SERVER_ERRORS else "other"
            keys = (f"{error.operation_name} {code}", code)
            text = _advice(code, next((key for key in keys if key in REASONS), by_status), facts, story)
            detail = details.get("Message")
        case _ if isinstance(error, CONNECTION_ERRORS):
            text, detail = _advice("NoConnection", "NoConnection", story), f"{type(error).__name__}: {error}"
        case _:
            text, detail = _advice("InternalError", "InternalError", story), f"{type(error).__name__}: {error}"
    return shortened(f"{text}: {_without(secrets, str(detail))}" if detail else text)


def fitted(head: str, parts: Sequence[str]) -> str:
    """Put as many whole parts behind the head as fit, in order, and say how many more there are."""
    count = len(parts)
    while count > 1:
        text = _listed(head, parts, count)
        if len(text) <= MOST_CHARACTERS:
            return text
        # Every part takes some characters, so a count that is far too large comes down at once.
        count = min(count - 1, MOST_CHARACTERS)
    text = _listed(head, parts, count)
    ending = f"; +{len(parts) - count} more" if len(parts) > count else ""
    return text if len(text) <= MOST_CHARACTERS else shortened(text.removesuffix(ending), ending)


def shortened(text: str, ending: str = "", most: int = MOST_CHARACTERS) -> str:
    """Cut a text that is too long, between two words unless one word is most of it, and say so."""
    if len(text) + len(ending) <= most:
        return text + ending
    ending = f" … (shortened){ending}"
    head = text[: max(0, most - len(ending))]
    space = head.rfind(" ")
    return head[: space if space > len(head) // 2 else len(head)] + ending


def _advice(code: str, key: str, *facts: str) -> str:
    told = ", ".join(fact for fact in facts if fact)
    means, do = REASONS[key]
    return f"{code}: {means}; {do}{f' ({told})' if told else ''}"


def _without(secrets: Collection[str], text: str) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "…", text)
    return text


def _listed(head: str, parts: Sequence[str], count: int) -> str:
    more = len(parts) - count
    return f"{head}{'; '.join(parts[:count])}{f'; +{more} more' if more else ''}"
