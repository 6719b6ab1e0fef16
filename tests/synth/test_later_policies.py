"""The function's policy for references that are known only when the stack is deployed: enough, and no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.apps import new_app
from support.evaluation import Deployment, assert_iam_takes, resources_of

from cdk_imagebuilder_pipeline import ImagePipeline, RecipeType, WorkflowConfiguration

ARN = "arn:aws:imagebuilder:eu-west-1:123456789012"
RECIPE = f"{ARN}:image-recipe/golden"
ANY_RECIPE = "arn:aws:imagebuilder:eu-west-1:*:image-recipe/*"

Make = Callable[..., ImagePipeline]
Resources = Callable[..., dict[str, Any]]
Statements = Callable[[Deployment], list[dict[str, Any]]]


@pytest.fixture
def statements(stack: cdk.Stack, resources: Resources) -> Statements:
    """Return the statements of the function's policies as IAM gets them; each is one that IAM takes."""

    def read(deployment: Deployment) -> list[dict[str, Any]]:
        documents = [
            deployment.value(policy["Properties"]["PolicyDocument"])
            for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
            for policy in resources(stack, kind).values()
        ]
        found = [statement for document in documents for statement in document["Statement"]]
        for statement in found:
            assert_iam_takes(statement)
        return found

    return read


def allowed(statements: Sequence[dict[str, Any]], action: str) -> list[str]:
    """Return the resources of an action, without that in the place of what a condition takes away."""
    found = [one for statement in statements if action in statement["Action"] for one in resources_of(statement)]
    return [one for one in found if ":stack/" not in one]


def parameter(stack: cdk.Stack, name: str = "Given") -> cdk.CfnParameter:
    return cdk.CfnParameter(stack, name, type="String")


def choice(stack: cdk.Stack, if_true: str, if_false: str) -> Any:
    condition = cdk.CfnCondition(stack, "Chosen", expression=cdk.Fn.condition_equals(cdk.Aws.REGION, "eu-west-1"))
    return cdk.Fn.condition_if(condition.logical_id, if_true, if_false)


@dataclass(frozen=True)
class Later:
    """A recipe that is known later: how an app has it, what it is when deployed, and what the function may read."""

    recipe: Callable[[cdk.Stack], Any]
    deployment: Deployment
    read: list[str]


def made(stack: cdk.Stack) -> imagebuilder.CfnImageRecipe:
    return imagebuilder.CfnImageRecipe(
        stack, "Recipe", name="golden", version="1.0.0", parent_image="ami-1", components=[]
    )


GIVEN_EXACT = Deployment({"Given": f"{RECIPE}/1.0.0"})
GIVEN_LATEST = Deployment({"Given": f"{RECIPE}/1.x.x"})
STORED = Deployment(parameter_store={"resolve:ssm:/golden/recipe": f"{RECIPE}/x.x.x", "resolve:ssm:/v": "1.x.x"})
OWN = Deployment(
    {"Recipe": f"{RECIPE}/1.0.0", "Recipe.Arn": f"{RECIPE}/1.0.0", "Recipe.LatestVersion.Major": f"{RECIPE}/1.x.x"}
)
OPEN = [f"{RECIPE}/*"]

RECIPES = {
    "resource": Later(made, OWN, [f"{RECIPE}/1.0.0"]),
    "attribute of a resource": Later(lambda s: made(s).attr_arn, OWN, [f"{RECIPE}/1.0.0"]),
    "latest version of a resource": Later(lambda s: made(s).attr_latest_version_major, OWN, OPEN),
    "parameter": Later(lambda s: parameter(s).value_as_string, GIVEN_EXACT, OPEN),
    "parameter with x": Later(lambda s: parameter(s).value_as_string, GIVEN_LATEST, OPEN),
    "parameter as an object": Later(lambda s: parameter(s).value, GIVEN_LATEST, OPEN),
    "version by parameter": Later(
        lambda s: f"{RECIPE}/{parameter(s).value_as_string}", Deployment({"Given": "1.x.x"}), OPEN
    ),
    "part of a version": Later(
        lambda s: f"{RECIPE}/1.{parameter(s).value_as_string}.x", Deployment({"Given": "2"}), [f"{RECIPE}/1.*.*"]
    ),
    "name by parameter": Later(
        lambda s: f"{ARN}:image-recipe/{parameter(s).value_as_string}/1.x.x",
        Deployment({"Given": "golden"}),
        [f"{RECIPE}/1.*.*"],
    ),
    "name and version in one parameter": Later(
        lambda s: f"{ARN}:image-recipe/{parameter(s).value_as_string}", Deployment({"Given": "golden/1.x.x"}), OPEN
    ),
    "region by pseudo parameter": Later(
        lambda _: (
            f"arn:{cdk.Aws.PARTITION}:imagebuilder:{cdk.Aws.REGION}:{cdk.Aws.ACCOUNT_ID}:image-recipe/golden/1.0.0"
        ),
        Deployment(),
        [f"{RECIPE}/1.0.0"],
    ),
    "export": Later(lambda _: cdk.Fn.import_value("Recipe"), Deployment(exports={"Recipe": f"{RECIPE}/x.x.x"}), OPEN),
    "dynamic reference": Later(lambda _: "{{resolve:ssm:/golden/recipe}}", STORED, [ANY_RECIPE]),
    "dynamic reference as an object": Later(
        lambda _: cdk.CfnDynamicReference(cdk.CfnDynamicReferenceService.SSM, "/golden/recipe"), STORED, [ANY_RECIPE]
    ),
    "version by dynamic reference": Later(lambda _: RECIPE + "/{{resolve:ssm:/v}}", STORED, OPEN),
    "name by dynamic reference": Later(
        lambda _: ARN + ":image-recipe/{{resolve:ssm:/a/name}}/1.x.x",
        Deployment(parameter_store={"resolve:ssm:/a/name": "golden"}),
        [f"{RECIPE}/1.*.*"],
    ),
    "condition": Later(
        lambda s: choice(s, f"{RECIPE}/1.0.0", f"{ARN}:image-recipe/web/2.x.x"),
        Deployment(conditions={"Chosen": False}),
        [f"{ARN}:image-recipe/web/2.*.*"],
    ),
    "condition between a resource and a parameter": Later(
        lambda s: choice(s, made(s).attr_arn, parameter(s).value_as_string),
        Deployment(GIVEN_LATEST.references, {"Chosen": False}),
        OPEN,
    ),
    "condition as a text": Later(
        lambda s: choice(s, made(s).attr_arn, f"{RECIPE}/x.x.x").to_string(),
        Deployment(OWN.references, {"Chosen": True}),
        [f"{RECIPE}/1.0.0"],
    ),
}


if not hasattr(imagebuilder.CfnImageRecipe, "attr_latest_version_major"):  # an older CDK
    del RECIPES["latest version of a resource"]


@pytest.mark.parametrize("later", RECIPES.values(), ids=RECIPES.keys())
def test_recipe_that_is_known_later_may_be_read_and_no_other(
    stack: cdk.Stack, pipeline: Make, statements: Statements, later: Later
) -> None:
    recipe = later.recipe(stack)
    kind = None if isinstance(recipe, cdk.CfnResource) or ":image-recipe/" in str(recipe) else RecipeType.IMAGE
    pipeline(recipe=recipe, recipe_type=kind)
    assert allowed(statements(later.deployment), "imagebuilder:GetImageRecipe") == later.read


@pytest.mark.parametrize("attribute", ["attr_arn", "ref"])
def test_reference_to_a_recipe_of_the_app_tells_its_type(stack: cdk.Stack, pipeline: Make, attribute: str) -> None:
    pipeline(recipe=getattr(made(stack), attribute))


@pytest.mark.parametrize("prop", ["infrastructure_configuration", "distribution_configuration"])
@pytest.mark.parametrize("is_there", [True, False])
def test_configuration_that_a_condition_chooses_leaves_no_statement_without_resource(
    stack: cdk.Stack, pipeline: Make, statements: Statements, prop: str, *, is_there: bool
) -> None:
    kind = prop.replace("_", "-")
    pipeline(**{prop: choice(stack, f"{ARN}:{kind}/one", cdk.Aws.NO_VALUE)})
    action = f"imagebuilder:Get{prop.title().replace('_', '')}"
    expected = [f"{ARN}:{kind}/one"] if is_there else []
    assert allowed(statements(Deployment(conditions={"Chosen": is_there})), action) == expected


def test_configuration_that_is_no_value_is_in_no_statement(pipeline: Make, statements: Statements) -> None:
    pipeline(distribution_configuration=cdk.Aws.NO_VALUE)
    assert allowed(statements(Deployment()), "imagebuilder:GetDistributionConfiguration") == []


ROLE = "arn:aws:iam::123456789012:role"
ROLES: dict[str, tuple[Callable[[cdk.Stack], Any], Deployment, str]] = {
    "parameter with an ARN": (
        lambda s: parameter(s).value_as_string,
        Deployment({"Given": f"{ROLE}/a/build"}),
        "a/build",
    ),
    "parameter with a name": (lambda s: parameter(s).value_as_string, Deployment({"Given": "build"}), "build"),
    "name of a stack": (lambda _: f"{cdk.Aws.STACK_NAME}-build", Deployment(), "Stack-build"),
    "part of an ARN": (lambda s: f"{ROLE}/{parameter(s).value_as_string}", Deployment({"Given": "a/build"}), "a/build"),
    "dynamic reference to an ARN": (
        lambda _: "{{resolve:ssm:/role}}",
        Deployment(parameter_store={"resolve:ssm:/role": f"{ROLE}/a/build"}),
        "a/build",
    ),
    "name that ends in a dynamic reference": (
        lambda _: "build-{{resolve:ssm:/role}}",
        Deployment(parameter_store={"resolve:ssm:/role": "web"}),
        "build-web",
    ),
    "export": (lambda _: cdk.Fn.import_value("Role"), Deployment(exports={"Role": f"{ROLE}/build"}), "build"),
    "condition": (
        lambda s: choice(s, "web", f"{ROLE}/a/build"),
        Deployment(conditions={"Chosen": False}),
        "a/build",
    ),
}


@pytest.mark.parametrize("case", ROLES.values(), ids=ROLES.keys())
def test_role_that_is_known_later_may_be_passed_and_no_other(
    stack: cdk.Stack,
    pipeline: Make,
    statements: Statements,
    case: tuple[Callable[[cdk.Stack], Any], Deployment, str],
) -> None:
    role, deployment, passed = case
    pipeline(execution_role=role(stack))
    assert allowed(statements(deployment), "iam:PassRole") == [f"{ROLE}/{passed}"]


def test_name_of_a_role_of_the_l1_is_passed_by_its_arn(
    stack: cdk.Stack, pipeline: Make, statements: Statements
) -> None:
    role = iam.CfnRole(stack, "Role", assume_role_policy_document={}, path="/images/")
    pipeline(execution_role=role.ref)
    deployment = Deployment({"Role": "build", "Role.Arn": f"{ROLE}/images/build"})
    assert allowed(statements(deployment), "iam:PassRole") == [f"{ROLE}/images/build"]


def test_role_that_a_condition_takes_away_may_not_be_passed(
    stack: cdk.Stack, pipeline: Make, statements: Statements
) -> None:
    pipeline(execution_role=choice(stack, "build", cdk.Aws.NO_VALUE))
    assert allowed(statements(Deployment(conditions={"Chosen": False})), "iam:PassRole") == []


WORKFLOW = f"{ARN}:workflow/test/smoke"
WORKFLOWS: dict[str, tuple[Callable[[cdk.Stack], Any], Deployment, list[str]]] = {
    "parameter": (
        lambda s: parameter(s).value_as_string,
        Deployment({"Given": f"{WORKFLOW}/1.x.x"}),
        [f"{WORKFLOW}/*"],
    ),
    "version by parameter": (
        lambda s: f"{WORKFLOW}/{parameter(s).value_as_string}",
        Deployment({"Given": "1.0.0/2"}),
        [f"{WORKFLOW}/*"],
    ),
    "dynamic reference": (
        lambda _: "{{resolve:ssm:/w}}",
        Deployment(parameter_store={"resolve:ssm:/w": f"{WORKFLOW}/1.0.0"}),
        ["arn:aws:imagebuilder:eu-west-1:*:workflow/*"],
    ),
    "resource": (
        lambda s: imagebuilder.CfnWorkflow(s, "Workflow", name="smoke", type="TEST", version="1.0.0", data="{}"),
        Deployment({"Workflow": f"{WORKFLOW}/1.0.0/1"}),
        [f"{WORKFLOW}/1.0.0/1"],
    ),
    "condition": (
        lambda s: choice(s, f"{WORKFLOW}/1.0.0/1", f"{WORKFLOW}/1.x.x"),
        Deployment(conditions={"Chosen": False}),
        [f"{WORKFLOW}/1.*.*"],
    ),
}


@pytest.mark.parametrize("case", WORKFLOWS.values(), ids=WORKFLOWS.keys())
def test_workflow_that_is_known_later_may_be_read_and_no_other(
    stack: cdk.Stack,
    pipeline: Make,
    statements: Statements,
    case: tuple[Callable[[cdk.Stack], Any], Deployment, list[str]],
) -> None:
    workflow, deployment, read = case
    pipeline(workflows=[WorkflowConfiguration(workflow=workflow(stack))], execution_role="build")
    assert allowed(statements(deployment), "imagebuilder:GetWorkflow") == read


def test_workflows_that_are_one_value_may_be_any(stack: cdk.Stack, pipeline: Make, statements: Statements) -> None:
    workflows: Any = [{"WorkflowArn": f"{WORKFLOW}/1.0.0"}]
    pipeline(workflows=choice(stack, workflows, cdk.Aws.NO_VALUE), execution_role="build")
    for is_chosen in (True, False):
        found = allowed(statements(Deployment(conditions={"Chosen": is_chosen})), "imagebuilder:GetWorkflow")
        assert found == ["arn:aws:imagebuilder:eu-west-1:*:workflow/*"]


def test_repository_that_a_condition_takes_away_leaves_that_of_the_service(
    stack: cdk.Stack, pipeline: Make, statements: Statements
) -> None:
    pipeline(
        recipe=f"{ARN}:container-recipe/web/1.0.0",
        image_scanning_enabled=True,
        image_scanning_ecr_repository=choice(stack, "own", cdk.Aws.NO_VALUE),
    )
    prefix = "arn:aws:ecr:eu-west-1:123456789012:repository"
    for is_chosen, name in ((True, "own"), (False, "image-builder-image-scanning-repository")):
        found = allowed(statements(Deployment(conditions={"Chosen": is_chosen})), "ecr:DescribeRepositories")
        assert found == [f"{prefix}/{name}"]


DISTRIBUTION = f"{ARN}:distribution-configuration/web"
NONE = cdk.Aws.NO_VALUE
NAMES = st.sampled_from(["golden", "g", "image-recipe", "1-0-0", "xx"])
NUMBERS = st.sampled_from(["0", "1", "17", "x"])
VERSIONS = st.builds(lambda *numbers: ".".join(numbers), NUMBERS, NUMBERS, NUMBERS)
FORMS = st.sampled_from(["literal", "parameter", "dynamic reference", "export"])


@dataclass
class Mixture:
    """An ARN that is cut into pieces, each known or in one of the forms in which it becomes known later."""

    stack: cdk.Stack
    references: dict[str, str]
    exports: dict[str, str]
    parameter_store: dict[str, str]
    conditions: dict[str, bool]

    @property
    def deployment(self) -> Deployment:
        return Deployment(self.references, self.conditions, self.exports, self.parameter_store)

    def put(self, piece: str, form: str) -> str:
        name = f"P{len(self.references) + len(self.exports) + len(self.parameter_store)}"
        match form:
            case "parameter":
                self.references[name] = piece
                return parameter(self.stack, name).value_as_string
            case "export":
                self.exports[name] = piece
                return cdk.Fn.import_value(name)
            case "dynamic reference":
                self.parameter_store[f"resolve:ssm:/{name}"] = piece
                return f"{{{{resolve:ssm:/{name}}}}}"
            case _:
                return piece


@st.composite
def cut(draw: st.DrawFn, arn: str) -> list[tuple[str, str]]:
    """Return an ARN in pieces with the form of each."""
    places = sorted(draw(st.sets(st.integers(1, len(arn) - 1), max_size=3)))
    pieces = [arn[start:end] for start, end in zip([0, *places], [*places, len(arn)], strict=True)]
    return [(piece, draw(FORMS)) for piece in pieces]


@st.composite
def recipes(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    arn = f"{ARN}:image-recipe/{draw(NAMES)}/{draw(VERSIONS)}"
    return arn, draw(cut(arn))


@st.composite
def workflows(draw: st.DrawFn) -> tuple[str, list[tuple[str, str]]]:
    version = draw(VERSIONS)
    # The service's pattern has a build version only after numbers.
    build = draw(st.sampled_from(["", "/3"])) if "x" not in version else ""
    arn = f"{ARN}:workflow/test/{draw(NAMES)}/{version}{build}"
    return arn, draw(cut(arn))


def assert_narrow(arn: str, pieces: list[tuple[str, str]], read: list[str], kind: str) -> None:
    """Hold that what may be read covers an ARN as the service completes it, and what it must be wide enough for only."""
    before, _, version = arn.partition("/" if kind == "image-recipe" else "/test/")
    name, _, version = version.partition("/")
    stem = f"{before}/{'' if kind == 'image-recipe' else 'test/'}{name}/"
    builds = ["", "/1"] if kind == "workflow" and "/" not in version else [""]
    for build in builds:
        completed = stem + version.replace("x", "9") + build
        assert any(fnmatchcase(completed, pattern) for pattern in read), f"{completed} may not be read: {read}"
    if any(form == "dynamic reference" for _, form in pieces):
        assert all(pattern.startswith("arn:aws:imagebuilder:eu-west-1:") and f":{kind}/" in pattern for pattern in read)
    else:
        assert all(pattern.startswith(stem) for pattern in read), f"wider than {stem}*: {read}"
    if all(form == "literal" for _, form in pieces):
        assert read[0] == stem + version.replace("x", "*")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recipe=recipes(), other=recipes(), workflow=workflows(), chosen=st.sampled_from([None, True, False]))
def test_policy_of_any_mixture_is_one_that_iam_takes_and_is_narrow(
    resources: Resources,
    recipe: tuple[str, list[tuple[str, str]]],
    other: tuple[str, list[tuple[str, str]]],
    workflow: tuple[str, list[tuple[str, str]]],
    chosen: bool | None,
) -> None:
    stack = cdk.Stack(new_app(), "Stack")
    mixture = Mixture(stack, {}, {}, {}, {} if chosen is None else {"Chosen": chosen})
    text, instead, of_workflow = ("".join(mixture.put(*piece) for piece in of[1]) for of in (recipe, other, workflow))
    ImagePipeline(
        stack,
        "Web",
        recipe=text if chosen is None else choice(stack, text, instead),
        recipe_type=RecipeType.IMAGE if chosen is not None or ":image-recipe/" not in text else None,
        infrastructure_configuration=f"{ARN}:infrastructure-configuration/web",
        distribution_configuration=None if chosen is None else cdk.Fn.condition_if("Chosen", DISTRIBUTION, NONE),
        workflows=[WorkflowConfiguration(workflow=of_workflow)],
        execution_role="build",
    )
    found = [
        statement
        for policy in resources(stack, "AWS::IAM::Policy").values()
        for statement in mixture.deployment.value(policy["Properties"]["PolicyDocument"])["Statement"]
    ]
    for statement in found:
        assert_iam_takes(statement)
    used = other if chosen is False else recipe
    assert_narrow(*used, allowed(found, "imagebuilder:GetImageRecipe"), "image-recipe")
    assert_narrow(*workflow, allowed(found, "imagebuilder:GetWorkflow"), "workflow")
