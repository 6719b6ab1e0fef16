"""cfn-lint rules that validate the properties of pipelines, builds and images against their schemas.

Run `cfn-lint --append-rules rules -- template.yaml`. cfn-lint itself validates every `Custom::` type against the schema
of AWS::CloudFormation::CustomResource, which allows any property, even if `--registry-schemas` has a stricter schema.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.jsonschema import ValidationError
from cfnlint.rules.jsonschema.CfnLintJsonSchema import CfnLintJsonSchema

_SCHEMAS = Path(__file__).parents[1] / "schema"


class ImagePipelineProperties(CfnLintJsonSchema):
    """Reports each problem in the properties of a pipeline at its line."""

    id = "E9601"
    resource_type = "Custom::ImagePipeline"
    shortdesc = "Properties of Custom::ImagePipeline are invalid"
    description = "Check the properties of Custom::ImagePipeline against its schema"
    source_url = "https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateImagePipeline.html"
    tags = ["resources", "imagebuilder"]  # noqa: RUF012 (cfn-lint's type)

    def __init__(self) -> None:
        file = _SCHEMAS / f"{self.resource_type.lower().replace('::', '-')}.json"
        schema = json.loads(file.read_text(encoding="utf-8"))
        super().__init__(keywords=[f"Resources/{schema['typeName']}/Properties"], all_matches=True)
        # Registry schemas list attributes among the properties, but templates must not set them.
        for pointer in schema["readOnlyProperties"]:
            schema["properties"].pop(pointer.rpartition("/")[2], None)
        schema["required"].remove("ServiceToken")  # cfn-lint reports its absence itself
        self._schema = schema
        self._use_schema_arg = False

    def extend_validator(self, *arguments: Any, **options: Any) -> Any:
        """Return cfn-lint's validator, which skips values that CloudFormation resolves during the deployment."""
        validators = {**(options.pop("validators", None) or {}), "dynamicReference": self._dynamic_reference}
        validator: Any = super().extend_validator(*arguments, validators=validators, **options)
        function_filter = validator.function_filter.evolve(validate_dynamic_references=True, add_cfn_lint_keyword=False)
        return validator.evolve(function_filter=function_filter)

    def _dynamic_reference(
        self, _validator: Any, _schema: Any, instance: str, _parent: Any
    ) -> Iterator[ValidationError]:
        """Reject the references that CloudFormation passes to custom resources unresolved."""
        refused = self._schema["definitions"]["DynamicReference"]["not"]["pattern"]
        if re.search(refused, instance):
            yield ValidationError(f"{instance!r} is not resolved by CloudFormation in custom resources: use ssm")


class ImagePipelineBuildProperties(ImagePipelineProperties):
    """Reports each problem in the properties of a build."""

    id = "E9602"
    resource_type = "Custom::ImagePipelineBuild"
    shortdesc = "Properties of Custom::ImagePipelineBuild are invalid"
    description = "Check the properties of Custom::ImagePipelineBuild against its schema"


class ImagePipelineImageProperties(ImagePipelineProperties):
    """Reports each problem in the properties of an image."""

    id = "E9603"
    resource_type = "Custom::ImagePipelineImage"
    shortdesc = "Properties of Custom::ImagePipelineImage are invalid"
    description = "Check the properties of Custom::ImagePipelineImage against its schema"
