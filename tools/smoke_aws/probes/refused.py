"""Probes of requests that the service may refuse because of the state of the account."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, request


def missing_references(account: Account, parts: Parts) -> None:
    """Create pipelines that each refer to one recipe or configuration that does not exist."""
    probe = "missing-references"
    missing = {
        "imageRecipeArn": account.arn(f"image-recipe/{account.prefix}-missing/1.0.0"),
        "infrastructureConfigurationArn": account.arn(f"infrastructure-configuration/{account.prefix}-missing"),
        "distributionConfigurationArn": account.arn(f"distribution-configuration/{account.prefix}-missing"),
    }
    for number, (member, arn) in enumerate(missing.items()):
        name = f"missing-{number}"
        account.call(probe, "create_image_pipeline", **request(account, parts, name, **{member: arn}))
        account.call(probe, "delete_image_pipeline", imagePipelineArn=arn_of(account, name))


def scanning_without_inspector(account: Account, parts: Parts) -> None:
    """Enable scans for an AMI and a container image. Do not activate Amazon Inspector, because that incurs costs."""
    probe = "scanning-without-inspector"
    scanning = {"imageScanningConfiguration": {"imageScanningEnabled": True}}
    container = request(account, parts, "scan-container", containerRecipeArn=parts.container_recipe, **scanning)
    del container["imageRecipeArn"]
    made = [
        account.call(probe, "create_image_pipeline", **request(account, parts, "scan-image", **scanning)),
        account.call(probe, "create_image_pipeline", **container),
    ]
    if all(answer.code is None for answer in made):
        account.unavailable(probe, "an account without Amazon Inspector", "it is activated in this account and Region")
    for name in ("scan-image", "scan-container"):
        account.call(probe, "delete_image_pipeline", imagePipelineArn=arn_of(account, name))
