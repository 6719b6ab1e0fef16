"""Values that a condition of the template selects (`Fn.condition_if`)."""

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

import aws_cdk as cdk
import jsii

from cdk_imagebuilder_pipeline.values.references import Resolver
from cdk_imagebuilder_pipeline.values.tokens import text_of

NOTHING: Final = cdk.Aws.STACK_ID
"""Placeholder ARN for a resource that a condition removes. IAM rejects a statement without resources
(terraform-aws-modules/terraform-aws-iam#603). The ARN of a stack grants nothing: no action here applies to stacks."""


def each_case(
    resolver: Resolver, text: str, resources_of: Callable[[str], Sequence[str]], absent: Sequence[str] = ()
) -> list[str]:
    """Return the resources of a string. For an `Fn::If`, return the resources of both branches under its condition.

    `absent` lists the resources of `AWS::NoValue`.
    """
    resolved = resolver.resolve(text)
    if resolved == {"Ref": "AWS::NoValue"}:
        return list(absent)
    if not (isinstance(resolved, Mapping) and "Fn::If" in resolved):
        return list(resources_of(text))
    name, *choices = _arguments(resolver.stack, text)
    if_true, if_false = (each_case(resolver, text_of(choice), resources_of, absent) for choice in choices)
    return [
        one if one == other else cdk.Token.as_string(cdk.Fn.condition_if(name, one, other))
        for one, other in zip_longest(if_true, if_false, fillvalue=NOTHING)
    ]


def _arguments(stack: cdk.Stack, text: str) -> list[Any]:
    """Return the arguments of a function with their tokens.

    Tokens stay unresolved, because a name resolved now may belong to another stack.
    """
    token: Any = cdk.Tokenization.reverse_string(text).first_token
    outermost: Any = _Outermost()
    cdk.Tokenization.resolve(token, scope=stack, resolver=outermost, preparing=False)
    arguments: list[Any] = outermost.value["Fn::If"]
    return arguments


@jsii.implements(cdk.ITokenResolver)
class _Outermost:
    """Resolves a token but not the tokens inside it."""

    def __init__(self) -> None:
        self.value: Any = None

    def resolve_token(self, token: Any, context: Any, post_processor: Any) -> Any:  # noqa: ARG002 (CDK's signature)
        """Keep the token's content."""
        self.value = token.resolve(context)

    def resolve_string(self, value: Any, context: Any) -> Any:  # noqa: ARG002 (CDK's signature)
        """Return a string unchanged."""
        return value

    def resolve_list(self, value: Any, context: Any) -> Any:  # noqa: ARG002 (CDK's signature)
        """Return a list unchanged."""
        return value
