"""Probes of a customer managed key and of a VPC."""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from tools.smoke_aws.account import Account
from tools.smoke_aws.cloudformation import deploy
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.stacks.pipeline import add_pipeline

from cdk_imagebuilder_pipeline import ImagePipelineProvider

_ADDRESSES = "10.0.0.0/24"
_SECONDS_UNTIL_INTERFACES_ARE_GONE = 45 * 60


def customer_key(account: Account, parts: Parts) -> None:
    """Encrypt the function's log group and queue with a customer managed key of the stack."""
    probe = "customer-key"

    def fill(stack: cdk.Stack) -> None:
        key: Any = kms.Key(stack, "Key", removal_policy=cdk.RemovalPolicy.DESTROY, pending_window=cdk.Duration.days(7))
        ImagePipelineProvider.of(stack, encryption_key=key)
        add_pipeline(account, parts, stack, probe)

    done = deploy(account, probe, probe, fill)
    if not account.lacks(probe, "key policies"):
        account.expect(
            probe,
            "the statement in the key's policy is enough for a log group and a queue",
            {"status": done.status, "reasons": done.reasons},
            holds=done.status == "CREATE_COMPLETE",
        )
    stack = f"{account.prefix}-{probe}"
    groups = [
        event.get("PhysicalResourceId", "") for event in done.events if event["ResourceType"].endswith("LogGroup")
    ]
    account.expect(
        probe,
        "generated names of log groups begin with the stack's",
        groups,
        holds=any(groups) and all(group.startswith(stack) for group in groups if group),
    )


def vpc(account: Account, parts: Parts) -> None:
    """Deploy the function in a VPC that is isolated except for two endpoints, then outside the VPC."""
    probe = "vpc"

    def fill(stack: cdk.Stack, *, inside: bool) -> None:
        network: Any = ec2.Vpc(
            stack,
            "Network",
            ip_addresses=ec2.IpAddresses.cidr(_ADDRESSES),
            # CloudFormation chooses the Availability Zone, so that the CDK needs no look-up.
            availability_zones=[cdk.Fn.select(0, cdk.Fn.get_azs())],
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="inside", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=26)
            ],
        )
        network.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        endpoint = network.add_interface_endpoint(
            "ImageBuilder", service=ec2.InterfaceVpcEndpointAwsService.IMAGE_BUILDER, open=False
        )
        endpoint.connections.allow_default_port_from(ec2.Peer.ipv4(_ADDRESSES))
        cdk.CfnOutput(stack, "NetworkId", value=network.vpc_id)
        if inside:
            subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ImagePipelineProvider.of(stack, vpc=network, vpc_subnets=subnets)
        add_pipeline(account, parts, stack, probe)

    done = deploy(account, probe, probe, lambda stack: fill(stack, inside=True))
    is_without_interfaces = account.lacks(probe, "network interfaces")
    account.expect(
        probe,
        "CreateFunction accepts ec2:CreateNetworkInterface on exact subnets and security groups",
        {"status": done.status, "reasons": done.reasons},
        holds=done.status == "CREATE_COMPLETE",
    )
    network = done.output("NetworkId")
    done = deploy(account, probe, probe, lambda stack: fill(stack, inside=False))
    account.expect(
        probe,
        "vpc can be taken off",
        {"status": done.status, "reasons": done.reasons},
        holds=done.status == "UPDATE_COMPLETE",
    )
    if is_without_interfaces:
        return
    account.wait(lambda: not _interfaces(account, network), _SECONDS_UNTIL_INTERFACES_ARE_GONE)
    left = _interfaces(account, network)
    account.expect(probe, "no network interface of the function stays behind", left, holds=left == [])


def _interfaces(account: Account, network: str) -> list[dict[str, str]]:
    filters = [{"Name": "vpc-id", "Values": [network]}, {"Name": "interface-type", "Values": ["lambda"]}]
    found = account.client("ec2").describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    return [{name: one[name] for name in ("Status", "Description")} for one in found]
