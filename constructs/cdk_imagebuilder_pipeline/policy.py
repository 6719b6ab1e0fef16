"""What the function's role may do: no more than the pipelines of its stack need."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import aws_cdk as cdk

from imagebuilder_model import PIPELINE_ARN_KIND
from imagebuilder_model.names import STACK_ID_TAG

ReadKind = Literal[
    "image-recipe", "container-recipe", "infrastructure-configuration", "distribution-configuration", "workflow"
]

_READ_ACTIONS: Final[Mapping[ReadKind, str]] = {
    "image-recipe": "imagebuilder:GetImageRecipe",
    "container-recipe": "imagebuilder:GetContainerRecipe",
    "infrastructure-configuration": "imagebuilder:GetInfrastructureConfiguration",
    "distribution-configuration": "imagebuilder:GetDistributionConfiguration",
    "workflow": "imagebuilder:GetWorkflow",
}

_MOST_EXACT_ARNS: Final = 40
"""What fits a role beside the rest when the ARNs are the longest: 10,240 characters (quota of IAM, not adjustable)."""

_SERVICE: Final = "imagebuilder.amazonaws.com"
_SERVICE_ROLE: Final = f"aws-service-role/{_SERVICE}/AWSServiceRoleForImageBuilder"

Statement = dict[str, Any]


class HandlerPolicy:
    """The policy of one function. Pipelines say what they need; the document is rendered once all have."""

    def __init__(self, stack: cdk.Stack, log_group_arn: str) -> None:
        self._stack = stack
        self._log_group_arn = log_group_arn
        # Dicts and not sets, to keep the order: a template must not change from one synth to the next.
        self._reads: dict[ReadKind, dict[str, None]] = {kind: {} for kind in _READ_ACTIONS}
        self._roles: dict[str, None] = {}
        self._repositories: dict[str, None] = {}
        self._scans = False

    def allow_read(self, kind: ReadKind, *arns: str) -> None:
        """Let the function read what a pipeline refers to: Image Builder checks that its caller may."""
        self._reads[kind].update(dict.fromkeys(arns))

    def allow_pass(self, role_arn: str) -> None:
        """Let the function hand an execution role to Image Builder."""
        self._roles[role_arn] = None

    def allow_scanning(self, repository_arn: str | None) -> None:
        """Let the function turn on scanning: Image Builder checks that its caller may see how that is set up."""
        self._scans = True
        if repository_arn is not None:
            self._repositories[repository_arn] = None

    def document(self) -> dict[str, Any]:
        """Return the policy document."""
        statements = [
            *self._pipelines(),
            *self._dependencies(),
            *self._roles_of_service(),
            *self._scanning(),
            self._logs(),
        ]
        return {"Version": "2012-10-17", "Statement": statements}

    def _pipelines(self) -> Iterable[Statement]:
        pipelines = self._arn("imagebuilder", PIPELINE_ARN_KIND, "*")
        ours = cdk.Aws.STACK_ID
        # On what is made or taken over, the tag is in the request and not yet on the pipeline.
        yield _allow(
            ["imagebuilder:CreateImagePipeline", "imagebuilder:TagResource"],
            pipelines,
            StringEquals={f"aws:RequestTag/{STACK_ID_TAG}": ours},
        )
        yield _allow(
            [
                "imagebuilder:DeleteImagePipeline",
                "imagebuilder:TagResource",
                "imagebuilder:UntagResource",
                "imagebuilder:UpdateImagePipeline",
            ],
            pipelines,
            StringEquals={f"aws:ResourceTag/{STACK_ID_TAG}": ours},
        )
        # Without a condition: a pipeline that is gone has no tags, and must be seen to be gone; a pipeline of the same
        # name that is another stack's must be seen to be that.
        yield _allow(["imagebuilder:GetImagePipeline"], pipelines)

    def _dependencies(self) -> Iterable[Statement]:
        exact = sum(len(arns) for arns in self._reads.values()) <= _MOST_EXACT_ARNS
        for kind, arns in self._reads.items():
            if arns:
                yield _allow([_READ_ACTIONS[kind]], list(arns) if exact else self._any(kind))

    def _roles_of_service(self) -> Iterable[Statement]:
        if self._roles:
            yield _allow(["iam:PassRole"], list(self._roles), StringEquals={"iam:PassedToService": _SERVICE})
        # Image Builder makes its service-linked role at the account's first pipeline, as its caller.
        yield _allow(
            ["iam:CreateServiceLinkedRole"],
            self._arn("iam", "role", _SERVICE_ROLE, region=""),
            StringEquals={"iam:AWSServiceName": _SERVICE},
        )

    def _scanning(self) -> Iterable[Statement]:
        if self._repositories:
            yield _allow(
                ["ecr:BatchGetRepositoryScanningConfiguration", "ecr:DescribeRepositories"], list(self._repositories)
            )
        if self._scans:
            # IAM knows no resource for this action.
            yield _allow(["inspector2:BatchGetAccountStatus"], "*")

    def _logs(self) -> Statement:
        return _allow(["logs:CreateLogStream", "logs:PutLogEvents"], self._log_group_arn)

    def _any(self, kind: ReadKind) -> str:
        return self._arn("imagebuilder", kind, "*", account="*")

    def _arn(
        self, service: str, resource: str, name: str, *, region: str | None = None, account: str | None = None
    ) -> str:
        return self._stack.format_arn(
            service=service, resource=resource, resource_name=name, region=region, account=account
        )


def _allow(actions: list[str], resources: list[str] | str, **condition: Mapping[str, str]) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | {"Condition": condition} if condition else statement
