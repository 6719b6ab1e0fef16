"""What can be done with a pipeline, wherever it was made: permissions on it, rules for its events."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final, TypedDict, Unpack

import aws_cdk as cdk
import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.interfaces.aws_imagebuilder import IImagePipelineRef, ImagePipelineReference
from constructs import Construct

from imagebuilder_model.ownership import OWNER_TAGS

_SOURCE: Final = "aws.imagebuilder"
_STATE_CHANGE: Final = "EC2 Image Builder Image State Change"
CVE_DETECTED: Final = "EC2 Image Builder CVE Detected"
_STEP_WAITING: Final = "EC2 Image Builder Workflow Step Waiting"
AUTO_DISABLED: Final = "EC2 Image Builder Image Pipeline Automatically Disabled"

_SUCCEEDED: Final = ("AVAILABLE",)
_FAILED: Final = ("FAILED",)
_COMPLETED: Final = (*_SUCCEEDED, *_FAILED, "CANCELLED")


class OnEventOptions(TypedDict, total=False):
    """Options of a rule: those that the CDK's own `on_…` methods take."""

    target: events.IRuleTarget
    """What to start. Default: nothing yet; `add_target` of the rule adds one."""

    description: str
    """What the rule is for: up to 512 characters. Default: none."""

    rule_name: str
    """The rule's name. Default: one that CloudFormation makes."""

    event_pattern: events.EventPattern
    """What an event must match besides, for example in its `detail`. What the method itself says (source, type,
    resources, state) cannot be said again. Default: nothing."""

    cross_stack_scope: Construct
    """Where to make the rule, when its target is of another stack that this one cannot refer to. Default: the
    pipeline."""


@jsii.implements(IImagePipelineRef)
class ImagePipelineBase(cdk.Resource):
    """An image pipeline, made here or elsewhere.

    Rules. The events of Image Builder about images name the image and not the pipeline; an image carries the name of
    its recipe. So the rules for images match those of this pipeline's recipe, in this account and Region: pipelines
    on other recipes are never matched, and two pipelines on one recipe cannot be told apart by these events. Give each
    pipeline a recipe of its own, or read the image's `sourcePipelineArn` (GetImage) in the target. The events for
    vulnerabilities and for automatic disabling name the pipeline, and match this one alone.
    """

    @property
    @abstractmethod
    def image_pipeline_arn(self) -> str:
        """The pipeline's ARN."""

    @property
    @abstractmethod
    def image_pipeline_name(self) -> str:
        """The pipeline's name."""

    @property
    def image_pipeline_ref(self) -> ImagePipelineReference:
        """How constructs of the CDK refer to the pipeline."""
        return ImagePipelineReference(image_pipeline_arn=self.image_pipeline_arn)

    @property
    @abstractmethod
    def _images_arn(self) -> str | None:
        """What the ARNs of the pipeline's images begin with, None when its recipe is not known."""

    def _cannot_send(self, detail_type: str | None) -> str | None:  # noqa: ARG002 (for pipelines made here)
        """Return why no event of a type is ever sent for this pipeline, None when there may be some."""
        return None

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow actions, for example `imagebuilder:UpdateImagePipeline`, on this pipeline."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.image_pipeline_arn]
        )

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to read this pipeline, its tags, and which images it made."""
        return self.grant(
            grantee,
            "imagebuilder:GetImagePipeline",
            "imagebuilder:ListImagePipelineImages",
            "imagebuilder:ListTagsForResource",
        )

    def grant_start_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to start this pipeline with tags for the image that the start makes.

        Without a known recipe (an imported pipeline that was not given one) any image of the account and Region may
        be tagged. The pipeline may be tagged too, as AWS's own `EC2ImageBuilderExecutionPolicy` allows it for a start,
        except with the tags that say whose it is.
        """
        images = self._images_arn or self._image_arns("")
        tagging = iam.Grant.add_to_principal(
            grantee=grantee, actions=["imagebuilder:TagResource"], resource_arns=[f"{images}*"]
        )
        tagging_itself = iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["imagebuilder:TagResource"],
            resource_arns=[self.image_pipeline_arn],
            # Without regard to case: aws:ResourceTag, by which the function is held to its pipelines, has none.
            conditions={"ForAllValues:StringNotEqualsIgnoreCase": {"aws:TagKeys": list(OWNER_TAGS)}},
        )
        starting = self.grant(grantee, "imagebuilder:GetImagePipeline", "imagebuilder:StartImagePipelineExecution")
        return starting.combine(tagging).combine(tagging_itself)

    def on_event(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for every event of this pipeline, and of the images of its recipe if that is known.

        `event_pattern` may narrow it to detail types.
        """
        itself = events.Match.exact_string(self.image_pipeline_arn)
        if self._images_arn is None:
            return self._rule(id, options, itself)
        return self._rule(id, options, events.Match.any_of(events.Match.prefix(self._images_arn), itself))

    def on_image_build_state_change(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for every change of state of an image of this pipeline's recipe."""
        return self._rule(id, options, self._images(), _STATE_CHANGE)

    def on_image_build_completed(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for images of this pipeline's recipe that are done: AVAILABLE, FAILED or CANCELLED."""
        return self._on_states(id, options, _COMPLETED)

    def on_image_build_succeeded(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for images of this pipeline's recipe that are AVAILABLE."""
        return self._on_states(id, options, _SUCCEEDED)

    def on_image_build_failed(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for images of this pipeline's recipe that FAILED."""
        return self._on_states(id, options, _FAILED)

    def on_cve_detected(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for the result of each scan of this pipeline's images, also when nothing was found.

        Narrow it with `event_pattern`, whose detail `finding-severity-counts` has the numbers `all`, `critical`,
        `high` and `medium`. The pipeline has to have `image_scanning_enabled`.
        """
        return self._rule(id, options, [self.image_pipeline_arn], CVE_DETECTED)

    def on_wait_for_action(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for workflows on this pipeline's recipe that wait in a `WaitForAction` step."""
        return self._rule(id, options, self._images(), _STEP_WAITING)

    def on_image_pipeline_auto_disabled(self, id: str, **options: Unpack[OnEventOptions]) -> events.Rule:
        """Make a rule for this pipeline being disabled by the service after failed runs.

        Runs that the schedule starts count: without a `schedule` there is no such event. After how many failed runs
        says `auto_disable_failure_count`; left out, five (API reference of AutoDisablePolicy).
        """
        return self._rule(id, options, [self.image_pipeline_arn], AUTO_DISABLED)

    def notify_auto_disabled(
        self, topic: sns.ITopic | None = None, *, encryption_key: kms.IKey | None = None
    ) -> sns.ITopic:
        """Send a message to a topic when the service disables this pipeline after failed runs.

        `topic`: where to send it. Default: a topic made here, to which somebody has to subscribe. `encryption_key`:
        the key of that topic; EventBridge is allowed to use it. Default: encryption by SNS with a key of its own.
        """
        if topic is None:
            made: Any = sns.Topic(self, "AutoDisabledTopic", enforce_ssl=True, master_key=encryption_key)
            return self.notify_auto_disabled(made)
        target: Any = targets.SnsTopic(topic)  # pyright does not see that it is an IRuleTarget
        self.on_image_pipeline_auto_disabled("AutoDisabled", target=target)
        return topic

    def _on_states(self, id: str, options: OnEventOptions, states: Sequence[str]) -> events.Rule:
        return self._rule(id, options, self._images(), _STATE_CHANGE, {"state": {"status": list(states)}})

    def _images(self) -> list[str]:
        if self._images_arn is None:
            raise self._error(
                "its recipe is not known, by whose name the events of its images are found: "
                "give recipe to from_image_pipeline_arn or from_image_pipeline_name"
            )
        return list(events.Match.prefix(self._images_arn))

    def _rule(
        self,
        id: str,
        options: OnEventOptions,
        resources: Sequence[str],
        detail_type: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> events.Rule:
        pattern = events.EventPattern(
            source=[_SOURCE],
            resources=resources,
            detail_type=None if detail_type is None else [detail_type],
            detail=detail,
        )
        reason = self._cannot_send(detail_type)
        if reason is not None:
            message = f"{id} is a rule that no event will match: {reason}"
            cdk.Annotations.of(self).add_warning_v2("cdk-imagebuilder-pipeline:rule-without-events", message)
        more = options.get("event_pattern")
        if more is not None:
            self._refuse_what_would_widen(pattern, more)
        rule = events.Rule(
            options.get("cross_stack_scope", self),
            id,
            description=options.get("description"),
            rule_name=options.get("rule_name"),
            event_pattern=pattern,
        )
        if more is not None:
            rule.add_event_pattern(**more._values)
        rule.add_target(options.get("target"))
        return rule

    def _refuse_what_would_widen(self, own: events.EventPattern, more: events.EventPattern) -> None:
        """Refuse a pattern that says what this one says: the CDK would let either match."""
        for name, value in more._values.items():
            said = own._values.get(name)
            if isinstance(said, dict):
                doubled = [f"{name}[{key!r}]" for key in value if key in said]
            else:
                doubled = [name] if said is not None else []
            if doubled:
                raise self._error(f"event_pattern: {', '.join(doubled)} is said by the method itself: remove it")

    def _image_arns(self, recipe_name: str) -> str:
        """Return what the ARNs of images begin with whose recipe has this name."""
        return cdk.Stack.of(self).format_arn(
            service="imagebuilder",
            region=self.env.region,
            account=self.env.account,
            resource="image",
            resource_name=f"{recipe_name}/" if recipe_name else "",
        )

    def _error(self, message: str) -> ValueError:
        return ValueError(f"{type(self).__name__} '{self.node.path}': {message}")
