"""Probe of wildcards in the filters of ListImagePipelines."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, request


def wildcard_filters(account: Account, parts: Parts) -> None:
    """Filter by a pipeline's name, by parts of it with wildcards, and by the name in upper case."""
    probe, name = "wildcard-filters", f"{account.prefix}-wildcard"
    account.call(probe, "create_image_pipeline", **request(account, parts, "wildcard"))
    for value in (name, f"{name[:-4]}*", f"*{name[2:-4]}*", f"*{name[2:]}", f"{name[:3]}*{name[-3:]}", name.upper()):
        filters = [{"name": "name", "values": [value]}]
        account.call(probe, "list_image_pipelines", filters=filters)
    account.call(probe, "delete_image_pipeline", imagePipelineArn=arn_of(account, "wildcard"))
