"""What the service refuses because of something else in the account."""

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes.pipelines import arn_of, request


def missing_references(account: Account, parts: Parts) -> None:
    """Refer to a recipe and to configurations that do not exist, one at a time."""
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
    """Ask for scans of images and of containers. Amazon Inspector is left as it is: it costs when it is activated."""
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
