"""What an image means for the resource that waits for it: attributes, or the reason of a failure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from imagebuilder_pipeline_handler.build.reasons import BUILD_CANCELLED, BUILD_FAILED, BUILD_GONE, BUILD_NOT_IN_TIME
from imagebuilder_pipeline_handler.imagebuilder.images import USABLE, is_running, status_of
from imagebuilder_pipeline_handler.runtime.failure import HandlerError
from imagebuilder_pipeline_handler.runtime.progress import Success

_MOST_BYTES_OF_ATTRIBUTES: Final = 2500
"""Of the 4,096 of a response; the ids may take the most of the rest."""


def result_of(image: Mapping[str, Any]) -> Success | None:
    """Return the success of an image that was built; None while it is being built. HandlerError when it failed."""
    status = status_of(image)
    if is_running(image):
        return None
    if status in USABLE:
        return Success(image["arn"], attributes_of(image))
    if status == "FAILED":
        raise HandlerError(BUILD_FAILED, f"{_failure(image)}; {image['arn']}")
    raise HandlerError(BUILD_CANCELLED if status == "CANCELLED" else BUILD_GONE, f"{image['arn']} is {status}")


def started(arn: str) -> Success:
    """Return the success of an image that nothing waits for any longer here."""
    return Success(arn, {"ImageArn": arn, "Version": version_in(arn)})


def not_in_time(image: Mapping[str, Any], timeout: int) -> HandlerError:
    """Return the failure of a build that is too slow."""
    minutes = f"{timeout / 60:g} minutes"
    return HandlerError(BUILD_NOT_IN_TIME, f"{image['arn']} was still {status_of(image)} after {minutes}")


def version_in(arn: str) -> str:
    """Return the version of an image with its build, for example `1.0.2/1`."""
    return arn.split("/", 2)[2]


def attributes_of(image: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes for `Fn::GetAtt`. Those of Regions that would make the response too long are left out."""
    arn = image["arn"]
    own_region, own_account = arn.split(":")[3:5]
    attributes = {"ImageArn": arn, "Version": version_in(arn)}
    by_region: dict[str, str] = {}
    outputs = image.get("outputResources") or {}
    for ami in outputs.get("amis") or ():
        # Copies in other accounts are named beside those of the own account.
        if ami.get("image") and (ami["region"] not in by_region or ami.get("accountId") == own_account):
            by_region[ami["region"]] = ami["image"]
    name = "ImageId"
    for container in outputs.get("containers") or ():
        name = "ImageUri"
        uris = container.get("imageUris") or ()
        if uris:
            by_region.setdefault(container["region"], _exact(uris))
    if own_region in by_region:
        attributes[name] = by_region[own_region]
    room = _MOST_BYTES_OF_ATTRIBUTES
    for region, value in sorted(by_region.items(), key=lambda item: item[0] != own_region):
        room -= len(f'"{name}.{region}":"{value}",')
        if room >= 0:
            attributes[f"{name}.{region}"] = value
    return attributes


def _exact(uris: list[str]) -> str:
    """Return the URI with the most exact tag: not `latest`, and with the build's number if one has it."""
    return max(uris, key=lambda uri: (uri.rpartition(":")[2] != "latest", len(uri)))


def _failure(image: Mapping[str, Any]) -> str:
    state = image.get("state", {})
    context = state.get("failureContext") or {}
    name = f"{image['arn'].split('/', 1)[1]} failed"
    parts = [f"{name} while {context['imageStatus']}" if context.get("imageStatus") else name]
    component, distribution = context.get("componentFailure") or {}, context.get("distributionFailure") or {}
    if component:
        parts.append(" ".join(_of_component(component)))
    elif context.get("failedStep"):
        parts.append(f"in step {context['failedStep']}")
    text = " ".join(parts)
    regions = "; ".join(map(_of_region, distribution.get("regionFailures") or ()))
    message = regions or component.get("errorMessage") or distribution.get("errorMessage") or state.get("reason")
    return "; ".join([": ".join(filter(None, [text, message])), _log_of(image)])


def _of_component(component: Mapping[str, str]) -> Iterator[str]:
    action = f" ({component['action']})" if component.get("action") else ""
    if component.get("stepName"):
        yield f"in step {component['stepName']}{action}"
    if component.get("phaseName"):
        yield f"of phase {component['phaseName']},"
    if component.get("componentArn"):
        yield f"component {component['componentArn'].split('/', 1)[1]}"


def _of_region(failure: Mapping[str, str]) -> str:
    where = failure.get("region", "")
    step = f" in {failure['imageConfigurationStep']}" if failure.get("imageConfigurationStep") else ""
    return f"{where}{step}: {failure.get('errorMessage', failure.get('status', ''))}"


def _log_of(image: Mapping[str, Any]) -> str:
    """Return where the build's log is: by default in a group with the recipe's name, one stream for each build."""
    group = (image.get("loggingConfiguration") or {}).get("logGroupName")
    name = image["arn"].split("/")[1]
    return f"log group {group or f'/aws/imagebuilder/{name}'}, stream {version_in(image['arn'])}"
