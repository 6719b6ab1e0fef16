"""What the function's role must never be able to do."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from imagebuilder_model.ownership import ADOPTED_TAG, RETAINED, STACK_ID_TAG
from support.guarded import Guarded, Policy

OTHER_STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/Other/6f2d1c3e-0000-4000-8000-000000000000"
OTHER_ROLE = "arn:aws:iam::000000000000:role/others"

Trespass = Callable[[Guarded, Policy], object]
"""Is refused with an error when the role, which holds the policy, may not do it."""


def is_prevented(guarded: Guarded, policy: Policy, trespass: Trespass) -> bool:
    """Try it, and tell whether IAM was what it failed for."""
    try:
        trespass(guarded, policy)
    except PermissionError:
        return True
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "AccessDeniedException":
            raise
        return True
    finally:
        guarded.clean()
    return False


def foreign_pipeline(guarded: Guarded) -> str:
    """Make a pipeline of another stack and return its ARN."""
    tags = {STACK_ID_TAG: OTHER_STACK, "team": "others"}
    return str(create(guarded.root, guarded, tags=tags)["imagePipelineArn"])


def create(client: Any, guarded: Guarded, **request: Any) -> dict[str, Any]:
    """Make a pipeline with this client."""
    return dict(client.create_image_pipeline(name="probe of others", **_references(guarded), **request))


def update_foreign(guarded: Guarded, _policy: Policy) -> None:
    arn = foreign_pipeline(guarded)
    guarded.as_function.update_image_pipeline(imagePipelineArn=arn, **_references(guarded))


def delete_foreign(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.delete_image_pipeline(imagePipelineArn=foreign_pipeline(guarded))


def tag_foreign(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.tag_resource(resourceArn=foreign_pipeline(guarded), tags={"team": "ours"})


def untag_foreign(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.untag_resource(resourceArn=foreign_pipeline(guarded), tagKeys=[STACK_ID_TAG])


def untag_foreign_of_its_own(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.untag_resource(resourceArn=foreign_pipeline(guarded), tagKeys=["team"])


def disown_foreign_that_was_adopted(guarded: Guarded, _policy: Policy) -> None:
    tags = {STACK_ID_TAG: OTHER_STACK, ADOPTED_TAG: RETAINED}
    arn = create(guarded.root, guarded, tags=tags)["imagePipelineArn"]
    guarded.as_function.untag_resource(resourceArn=arn, tagKeys=[STACK_ID_TAG])


def disown_what_was_not_adopted(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.untag_resource(resourceArn=own_pipeline(guarded), tagKeys=[STACK_ID_TAG])


def give_away(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.tag_resource(resourceArn=own_pipeline(guarded), tags={STACK_ID_TAG: OTHER_STACK})


def take_foreign_over(guarded: Guarded, _policy: Policy) -> None:
    arn = foreign_pipeline(guarded)
    guarded.as_function.tag_resource(resourceArn=arn, tags={STACK_ID_TAG: guarded.outputs["StackId"]})


def tag_nobodys_for_nobody(guarded: Guarded, _policy: Policy) -> None:
    arn = create(guarded.root, guarded)["imagePipelineArn"]
    guarded.as_function.tag_resource(resourceArn=arn, tags={"team": "ours"})


def get_foreign(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.get_image_pipeline(imagePipelineArn=foreign_pipeline(guarded))


def list_all(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.list_image_pipelines()


def start_own(guarded: Guarded, _policy: Policy) -> None:
    guarded.as_function.start_image_pipeline_execution(imagePipelineArn=own_pipeline(guarded))


def create_without_owner(guarded: Guarded, _policy: Policy) -> None:
    create(guarded.as_function, guarded)


def create_for_another_stack(guarded: Guarded, _policy: Policy) -> None:
    create(guarded.as_function, guarded, tags={STACK_ID_TAG: OTHER_STACK})


def pass_another_role(guarded: Guarded, _policy: Policy) -> None:
    tags = {STACK_ID_TAG: guarded.outputs["StackId"]}
    create(guarded.as_function, guarded, tags=tags, executionRole=OTHER_ROLE)


def pass_the_role_to_another_service(guarded: Guarded, policy: Policy) -> None:
    as_iam_would_answer(guarded, policy, "iam:PassRole", {"iam:passedtoservice": "lambda.amazonaws.com"})


def make_a_role_for_another_service(guarded: Guarded, policy: Policy) -> None:
    as_iam_would_answer(guarded, policy, "iam:CreateServiceLinkedRole", {"iam:awsservicename": "ecs.amazonaws.com"})


TRESPASSES: tuple[Trespass, ...] = (
    update_foreign,
    delete_foreign,
    tag_foreign,
    untag_foreign,
    untag_foreign_of_its_own,
    disown_foreign_that_was_adopted,
    disown_what_was_not_adopted,
    give_away,
    take_foreign_over,
    tag_nobodys_for_nobody,
    get_foreign,
    list_all,
    start_own,
    create_without_owner,
    create_for_another_stack,
    pass_another_role,
    pass_the_role_to_another_service,
    make_a_role_for_another_service,
)


def own_pipeline(guarded: Guarded) -> str:
    """Make a pipeline of the stack and return its ARN."""
    return str(create(guarded.root, guarded, tags={STACK_ID_TAG: guarded.outputs["StackId"]})["imagePipelineArn"])


def _references(guarded: Guarded) -> dict[str, str]:
    return {
        "imageRecipeArn": guarded.outputs["ImageRecipeArn"],
        "infrastructureConfigurationArn": guarded.outputs["InfrastructureConfigurationArn"],
    }


def as_iam_would_answer(guarded: Guarded, policy: Policy, action: str, context: dict[str, str]) -> None:
    """Ask what another service would ask on the resources of the grant: no call to Image Builder leads there."""
    for statement in policy["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            question = EvalContext(
                principal_arn=guarded.role_arn,
                principal_type="AssumedRole",
                principal_account="000000000000",
                action=action,
                resource_arn=resource,
                region="us-east-1",
                service_context=context,
            )
            if evaluate(question, [parse_policy_document(policy)]).decision == "Allow":
                return
    raise PermissionError(action)
