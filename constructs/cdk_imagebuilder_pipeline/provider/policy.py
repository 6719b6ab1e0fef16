"""Permissions of the function's role, limited to the requirements of its stack's pipelines."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

import aws_cdk as cdk

from cdk_imagebuilder_pipeline.provider.packing import Statement, document, longest, pack
from cdk_imagebuilder_pipeline.values.references import Resolver
from cdk_imagebuilder_pipeline.values.tokens import is_token
from cdk_imagebuilder_pipeline.values.what_is_built import Fingerprints
from imagebuilder_model import PIPELINE_ARN_KIND, is_dynamic_reference
from imagebuilder_model.ownership import ADOPTED_TAG, LOGICAL_ID_TAG, STACK_ID_TAG

ReadKind = Literal[
    "image-recipe",
    "container-recipe",
    "infrastructure-configuration",
    "distribution-configuration",
    "workflow",
    "image",
]

_READ_ACTIONS: Final[Mapping[ReadKind, str]] = {
    "image-recipe": "imagebuilder:GetImageRecipe",
    "container-recipe": "imagebuilder:GetContainerRecipe",
    "infrastructure-configuration": "imagebuilder:GetInfrastructureConfiguration",
    "distribution-configuration": "imagebuilder:GetDistributionConfiguration",
    "workflow": "imagebuilder:GetWorkflow",
    "image": "imagebuilder:GetImage",
}

_MOST_POLICIES_FOR_READS: Final = 4
"""Maximum number of policies for exact ARNs of reads: about 120 ARNs of the longest kind. A role can have eleven
policies, and execution roles, which always require exact ARNs, use the others."""

_LONGEST_READ: Final = (
    len("arn:aws-us-gov:imagebuilder:us-isof-south-1:123456789012:infrastructure-configuration/") + 128 + 16
)
_LONGEST_ROLE: Final = len("arn:aws-us-gov:iam::123456789012:role/") + 64
_LONGEST_OTHER: Final = 256

_SERVICE: Final = "imagebuilder.amazonaws.com"
_SERVICE_ROLE: Final = f"aws-service-role/{_SERVICE}/AWSServiceRoleForImageBuilder"

_PIPELINES: Final = (
    "CloudFormation deletes a pipeline that is renamed or removed after it has changed this policy, so the names of "
    "pipelines cannot stand here. Writes are held to this stack's pipelines by their owner tag; without that condition "
    "pipelines can only be read"
)
_VERSIONS: Final = "the pipeline itself leaves this part of the version open"
_UNKNOWN: Final = (
    "an ARN is a dynamic reference, which CloudFormation resolves after it has evaluated functions: it cannot be taken "
    "apart to leave its version open; only read"
)
_MANY: Final = "more recipes, configurations, workflows and roles than a role's policies have characters for; only read"
_NO_RESOURCE: Final = "IAM knows no resource for this action; it only reads"


class HandlerPolicy:
    """The policies of a function's role. Pipelines add permissions; the documents are rendered at synth."""

    def __init__(
        self,
        stack: cdk.Stack,
        on_change: Callable[[], None],
        beside: Sequence[Mapping[str, Any]] = (),
        *,
        is_first_inline: bool = True,
        owners: Sequence[str] | None = None,
    ) -> None:
        """Create policies without grants for pipelines.

        - `beside`: the documents of the role's other inline policies, since IAM limits their total length.
        - `is_first_inline`: whether the first document is for an inline policy, which can be longer than a managed one.
        - `owners`: ARN patterns of the stacks whose pipelines the function manages. Default: only this stack.
        """
        self._stack = stack
        self.resolver: Final = Resolver(stack)
        self._beside = beside
        self._is_first_inline = is_first_inline
        self._ours: str | list[str] = cdk.Aws.STACK_ID if owners is None else [*owners]
        self._equals = "StringEquals" if owners is None else "StringLike"
        self._fit = on_change
        self._fits_at_once = True
        self._has_changed = False
        # Dicts keep the order, unlike sets: the template must be the same on every synth.
        self._reads: dict[ReadKind, dict[str, None]] = {kind: {} for kind in _READ_ACTIONS}
        self._roles: dict[str, None] = {}
        self._repositories: dict[str, None] = {}
        self._keys: dict[str, None] = {}
        self._scans = False
        self.lists_images = False
        """Whether the function may list the images of pipelines."""
        self.has_builds = False
        """Whether the function builds images or looks them up, so that a recipe may be made of one."""
        self.fingerprints: Final = Fingerprints()
        self._own: list[Statement] = []
        self._lengths: dict[str, int] = {}
        self._arns: dict[tuple[str | None, ...], str] = {}
        self._has_too_many_reads = False
        self._reasons: dict[str, str] = {self._all_pipelines(): _PIPELINES, "*": _NO_RESOURCE}
        self._reasons |= {self.any_of(kind): _MANY for kind in _READ_ACTIONS} | {self._any_role(): _MANY}

    @contextmanager
    def one_change(self) -> Iterator[None]:
        """Fit the policies once for all that is allowed in the block."""
        self._fits_at_once, self._has_changed = False, False
        try:
            yield
        finally:
            self._fits_at_once = True
        if self._has_changed:
            self._fit()

    def allow_read(self, kind: ReadKind, *arns: str, reason: str = _VERSIONS) -> None:
        """Allow the function to read resources that a pipeline refers to. Image Builder checks this of its caller.

        With `image` it may look up images, of any owner, for `ImagePipeline.latest_image`.

        `reason` justifies a `*` in an ARN. Default: the pipeline leaves the version open.
        """
        if self.allows_any(kind):
            return
        for arn in arns:
            if "*" in json.dumps(self.resolver.resolve(arn)):
                self._reasons[arn] = _UNKNOWN if arn == self.any_of(kind) else reason
        self._add(self._reads[kind], arns, _LONGEST_READ)

    def allows_any(self, kind: ReadKind) -> bool:
        """Return whether the function may read every resource of a kind, since the ARNs would not fit."""
        return self._has_too_many_reads and bool(self._reads[kind])

    def allow_any_read(self, reason: str = _VERSIONS) -> None:
        """Allow the function to read all resources that pipelines of the account and Region can refer to.

        This includes AWS managed workflows. `reason` justifies the `*` in the ARNs.
        """
        for kind in _READ_ACTIONS:
            if kind != "image":
                self.allow_read(kind, self._arn("imagebuilder", kind, "*"), reason=reason)
        self.allow_read("workflow", self._arn("imagebuilder", "workflow", "*", account="aws"), reason=reason)

    def allow_pass(self, role_arn: str) -> None:
        """Allow the function to pass an execution role to Image Builder.

        An ARN that ends in a path and `*`, such as `arn:aws:iam::111122223333:role/images/*`, covers all roles of
        that path. Use it for more roles than a policy can hold: the ARNs that it covers are left out.
        """
        self._add(self._roles, (role_arn,), _LONGEST_ROLE)

    def allow_scanning(self, *repository_arns: str) -> None:
        """Allow the function to enable scanning. Image Builder checks that its caller can read the scan settings."""
        if not self._scans:
            self._scans = True
            self._on_change()
        self._add(self._repositories, repository_arns, _LONGEST_OTHER)

    def allow_decrypt(self, key_arn: str) -> None:
        """Allow the function to decrypt with the key of a workflow, which GetWorkflow requires (IAM reference).

        The key policy must also allow it. The policy of a CDK key allows it for roles of its account.
        """
        self._add(self._keys, (key_arn,), _LONGEST_OTHER)

    @property
    def serves_one_stack(self) -> bool:
        """Whether the function creates pipelines of its own stack alone."""
        return self._ours == cdk.Aws.STACK_ID

    def of_ours(self, key: Literal["aws:RequestTag", "aws:ResourceTag"], more: str = "") -> dict[str, Any]:
        """Return the condition that the owner tag is that of a stack of the function; `more` as `IfExists`."""
        return {f"{self._equals}{more}": {f"{key}/{STACK_ID_TAG}": self._ours}}

    def allow_itself(self, *statements: Statement, wildcards: Mapping[str, str] | None = None) -> None:
        """Add permissions for the function itself, such as to write its log and to send failed events to a queue.

        `wildcards` contains a reason for each resource with a `*`.
        """
        self._own.extend(statements)
        self._reasons |= wildcards or {}
        self._on_change()

    def documents(self) -> list[dict[str, Any]]:
        """Return the policy documents. The first is inline, if allowed; all others are managed policies."""
        before_roles = [*self._pipelines(), *self._service_role(), *self._own, *self._scanning(), *self._decrypt()]
        roles = list(self._pass_roles())
        if not self._has_too_many_reads:
            # The number of reads never decreases, so this result is final.
            exact = self._pack([*before_roles, *self._read_exactly()])
            self._has_too_many_reads = len(exact) > _MOST_POLICIES_FOR_READS
            if not self._has_too_many_reads and not roles:
                return [document(statements) for statements in exact]
        reads = self._read_any() if self._has_too_many_reads else self._read_exactly()
        return [document(statements) for statements in self._pack([*before_roles, *reads, *roles])]

    def _pack(self, statements: list[Statement]) -> list[list[Statement]]:
        return pack(statements, self._length, self._beside, is_first_inline=self._is_first_inline)

    def reasons_for_wildcards(self, documents: Iterable[Mapping[str, Any]]) -> dict[str, str]:
        """Return the resources with a `*` in the documents, with the reason why each cannot be narrower.

        Paths of roles are excluded: the caller that allows one must provide the reason.
        """
        used = {resource for one in documents for resource in _resources_of(one)}
        return {resource: reason for resource, reason in self._reasons.items() if resource in used}

    def any_of(self, kind: ReadKind) -> str:
        """Return the ARN pattern for all resources of a kind in the stack's Region, including shared resources."""
        return self._arn("imagebuilder", kind, "*", account="*")

    def _on_change(self) -> None:
        self._has_changed = True
        if self._fits_at_once:
            self._fit()

    def _add(self, known: dict[str, None], arns: Iterable[str], longest_arn: int) -> None:
        new = [arn for arn in arns if arn not in known]
        for arn in new:
            known[arn] = None
            if is_dynamic_reference(arn):
                self._lengths[arn] = longest_arn
            elif is_token(arn):
                self._lengths[arn] = min(longest_arn, longest(self.resolver.resolve(arn), longest_arn))
        if new:
            self._on_change()

    def _length(self, text: str) -> int:
        if text not in self._lengths:
            self._lengths[text] = longest(self.resolver.resolve(text), _LONGEST_OTHER)
        return self._lengths[text]

    def _pipelines(self) -> Iterator[Statement]:
        pipelines = self._all_pipelines()
        of_request = self.of_ours("aws:RequestTag")
        yield allow(["imagebuilder:CreateImagePipeline"], pipelines, **of_request)
        # New and adopted pipelines have no owner yet. The condition prevents taking a pipeline from its owner.
        yield allow(
            ["imagebuilder:TagResource"], pipelines, **of_request, Null={f"aws:ResourceTag/{STACK_ID_TAG}": "true"}
        )
        of_pipeline = self.of_ours("aws:ResourceTag")
        yield allow(["imagebuilder:DeleteImagePipeline", "imagebuilder:UpdateImagePipeline"], pipelines, **of_pipeline)
        # Without this condition, an invocation for another stack could transfer a pipeline of this stack.
        yield allow(
            ["imagebuilder:TagResource"], pipelines, **of_pipeline, Null={f"aws:RequestTag/{STACK_ID_TAG}": "true"}
        )
        # Owner tags can be removed only from adopted pipelines, when they are released.
        yield allow(
            ["imagebuilder:UntagResource"],
            pipelines,
            **of_pipeline,
            **{"ForAllValues:StringNotEquals": {"aws:TagKeys": [STACK_ID_TAG, LOGICAL_ID_TAG]}},
        )
        yield allow(
            ["imagebuilder:UntagResource"], pipelines, **of_pipeline, Null={f"aws:ResourceTag/{ADOPTED_TAG}": "false"}
        )
        # A pipeline that is gone has no tags, and the function must see that; one without an owner may be adopted.
        yield allow(["imagebuilder:GetImagePipeline"], pipelines, **self.of_ours("aws:ResourceTag", "IfExists"))

    def _read_exactly(self) -> Iterator[Statement]:
        for kind, arns in self._reads.items():
            if arns:
                yield allow([_READ_ACTIONS[kind]], list(arns))
        yield allow(["iam:GetRole"], [self._service_role_arn(), *self._roles_to_pass()])

    def _read_any(self) -> Iterator[Statement]:
        for kind, arns in self._reads.items():
            if arns:
                yield allow([_READ_ACTIONS[kind]], self.any_of(kind))
        yield allow(["iam:GetRole"], [self._any_role() if self._roles else self._service_role_arn()])

    def _pass_roles(self) -> Iterator[Statement]:
        arns = self._roles_to_pass()
        if arns:
            yield allow(["iam:PassRole"], arns, StringEquals={"iam:PassedToService": _SERVICE})

    def _roles_to_pass(self) -> list[str]:
        paths = [arn for arn in self._roles if arn.endswith("*")]
        return [arn for arn in self._roles if arn in paths or not any(fnmatchcase(arn, path) for path in paths)]

    def _service_role(self) -> Iterator[Statement]:
        # Image Builder creates its service-linked role for the account's first pipeline with the caller's permissions.
        yield allow(
            ["iam:CreateServiceLinkedRole"],
            self._service_role_arn(),
            StringEquals={"iam:AWSServiceName": _SERVICE},
        )

    def _decrypt(self) -> Iterator[Statement]:
        if self._keys:
            yield allow(["kms:Decrypt"], list(self._keys))

    def _scanning(self) -> Iterator[Statement]:
        if self._repositories:
            yield allow(
                ["ecr:BatchGetRepositoryScanningConfiguration", "ecr:DescribeRepositories"], list(self._repositories)
            )
        if self._scans:
            yield allow(["inspector2:BatchGetAccountStatus"], "*")

    def _service_role_arn(self) -> str:
        return self._arn("iam", "role", _SERVICE_ROLE, region="")

    def _any_role(self) -> str:
        return self._arn("iam", "role", "*", region="")

    def _all_pipelines(self) -> str:
        return self._arn("imagebuilder", PIPELINE_ARN_KIND, "*")

    def _arn(
        self, service: str, resource: str, name: str, *, region: str | None = None, account: str | None = None
    ) -> str:
        key = (service, resource, name, region, account)
        if key not in self._arns:
            self._arns[key] = self._stack.format_arn(
                service=service, resource=resource, resource_name=name, region=region, account=account
            )
        return self._arns[key]


def allow(actions: list[str], resources: list[str] | str, **condition: Mapping[str, str | list[str]]) -> Statement:
    """Return a statement that allows actions."""
    statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | {"Condition": condition} if condition else statement


def _resources_of(policy: Mapping[str, Any]) -> Iterator[str]:
    for statement in policy["Statement"]:
        resources = statement["Resource"]
        yield from resources if isinstance(resources, list) else [resources]
