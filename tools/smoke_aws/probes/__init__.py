"""Probes that call the API of Image Builder to record its responses.

The probes contain no expectations: `replay` compares each recorded call with the response of the emulator.
"""

from collections.abc import Callable, Mapping
from typing import Final

from tools.smoke_aws.account import Account
from tools.smoke_aws.parts import Parts
from tools.smoke_aws.probes import absent, creating, listing, refused, updating

Probe = Callable[[Account, Parts], None]

PROBES: Final[Mapping[str, Probe]] = {
    "get-absent": absent.get_absent,
    "update-absent": absent.update_absent,
    "delete-absent": absent.delete_absent,
    "tag-absent": absent.tag_absent,
    "list-images-of-absent": absent.list_images_of_absent,
    "dry-run": creating.dry_run,
    "create": creating.create,
    "same-token": creating.same_token,
    "same-token-other-parameters": creating.same_token_other_parameters,
    "same-name-by-case": creating.same_name_by_case,
    "delete-then-old-token": creating.delete_then_old_token,
    "update-left-out": updating.update_left_out,
    "recipe-type-switch": updating.recipe_type_switch,
    "missing-references": refused.missing_references,
    "scanning-without-inspector": refused.scanning_without_inspector,
    "wildcard-filters": listing.wildcard_filters,
}
"""Probes by their names in docs/unverified.md, in the order of execution."""
