"""An AMI with nginx on Amazon Linux 2023, tested, and shared with another account."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_imagebuilder as imagebuilder

from cdk_imagebuilder_pipeline import ImagePipeline

NGINX = """\
name: nginx
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Install
        action: ExecuteBash
        inputs:
          commands:
            - dnf install --assumeyes nginx
            - systemctl enable nginx
  - name: test
    steps:
      - name: Answers
        action: ExecuteBash
        inputs:
          commands:
            - curl --fail --silent http://localhost/
"""

app = cdk.App()
stack = cdk.Stack(app, "WebImage")

component = imagebuilder.CfnComponent(stack, "Nginx", name="nginx", version="1.0.0", platform="Linux", data=NGINX)
recipe = imagebuilder.CfnImageRecipe(
    stack,
    "Recipe",
    name="web",
    version="1.0.0",
    parent_image=f"arn:{stack.partition}:imagebuilder:{stack.region}:aws:image/amazon-linux-2023-x86/x.x.x",
    components=[imagebuilder.CfnImageRecipe.ComponentConfigurationProperty(component_arn=component.attr_arn)],
)

# What builds is an EC2 instance, so it needs a role of its own, in an instance profile.
role = iam.Role(
    stack,
    "BuildInstance",
    assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
    managed_policies=[
        iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore"),
        iam.ManagedPolicy.from_aws_managed_policy_name("EC2InstanceProfileForImageBuilder"),
    ],
)
infrastructure = imagebuilder.CfnInfrastructureConfiguration(
    stack,
    "Infrastructure",
    name="web",
    instance_profile_name=iam.InstanceProfile(stack, "InstanceProfile", role=role).instance_profile_name,
    instance_types=["t3.small"],
)

distribution = imagebuilder.CfnDistributionConfiguration(
    stack,
    "Distribution",
    name="web",
    distributions=[
        {
            "region": stack.region,
            "amiDistributionConfiguration": {
                "Name": "web-{{ imagebuilder:buildDate }}",
                "LaunchPermissionConfiguration": {"UserIds": ["111122223333"]},
            },
        }
    ],
)

pipeline = ImagePipeline(
    stack,
    "Pipeline",
    image_pipeline_name="web",
    recipe=recipe,
    infrastructure_configuration=infrastructure,
    distribution_configuration=distribution,
    image_tags={"team": "web"},
)
cdk.CfnOutput(stack, "PipelineArn", value=pipeline.image_pipeline_arn)
app.synth()
