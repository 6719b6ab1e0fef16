"""Key policy for the encryption of a provider's log group."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_imagebuilder_pipeline.values.tokens import is_unresolved

_WARNING: Final = "cdk-imagebuilder-pipeline:key-policy"


def allow_logs(scope: Construct, key: kms.IKey) -> None:
    """Allow CloudWatch Logs to use a key for log groups of the scope's stack; warn if the key policy cannot be changed.

    CloudWatch Logs refuses to create a log group with a key that does not allow it (aws-cdk#28304).
    """
    stack = cdk.Stack.of(scope)
    service = f"logs.{stack.region}.{stack.url_suffix}"
    # The ARN of the log group itself would be a circular reference. Generated names begin with the name of the stack.
    # The name of a nested stack is known only inside that stack.
    names = "*" if is_unresolved(stack.stack_name) else f"{stack.stack_name}-*"
    groups = stack.format_arn(
        service="logs", resource="log-group", resource_name=names, arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME
    )
    statement = iam.PolicyStatement(
        principals=[iam.ServicePrincipal(service)],  # pyright: ignore[reportArgumentType] (jsii names a parameter otherwise)
        actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )
    if not key.add_to_resource_policy(statement).statement_added:
        cdk.Annotations.of(scope).add_warning_v2(
            _WARNING,
            "encryption_key is imported, so its policy is not changed: the log group is created only if the "
            "policy allows CloudWatch Logs to use the key",
        )
