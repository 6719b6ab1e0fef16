"""Installs all wrappers of ministack. Import it after ministack's settings are in the environment."""

from ministack.services.cloudformation import provisioners

from imagebuilder_local.cloud.files import write_private
from imagebuilder_local.cloud.ministack import (
    events,
    failed_function,
    function_network,
    function_output,
    function_role,
    inline_code,
    instance_profile,
    log_group_key,
    operation_end,
    policy_document,
    secure_reference,
    service_token,
    stack_events,
    state_machine_role,
    templates,
)
from imagebuilder_local.cloud.ministack.iam import MinistackIam
from imagebuilder_local.cloud.ministack.network_types import network_types
from imagebuilder_local.cloud.ministack.places import Places, provisioners_of
from imagebuilder_local.cloud.ministack.signatures import Signatures
from imagebuilder_local.cloud.state import Folder, State
from imagebuilder_local.emulator import Place, Services
from imagebuilder_local.page import Timeline


def install(folder: Folder, state: State, services: Services, timeline: Timeline) -> tuple[Signatures, Place]:
    """Install the types and the rules of the local cloud into ministack.

    Return how to check the signature of a request, and how to find its account and Region.
    """
    provisioners._RESOURCE_HANDLERS.update(provisioners_of(services) | network_types())
    write_private(folder.resource_types, "\n".join(sorted(provisioners._RESOURCE_HANDLERS)))
    services.of(state.account, state.region).iam = MinistackIam(state.region, state.account)
    iam = MinistackIam(None, state.account)
    function_role.enforce(iam)
    state_machine_role.enforce(iam)
    events.watch(timeline)
    stack_events.record(timeline.operations)
    templates.report(timeline.paths.add)
    # Wrapped outside the page's events, so that the page does not show rejected operations, which are not sent.
    for rule in (service_token, secure_reference, policy_document, log_group_key):
        rule.enforce()
    for rule in (inline_code, failed_function, function_output, operation_end):
        rule.enforce()
    function_network.enforce(iam)
    instance_profile.identify_by_name()
    places = Places(state)
    signatures = Signatures(state.account, places.introduce)
    return signatures, places.of
