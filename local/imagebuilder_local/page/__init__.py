"""Web page that shows the deployed pipelines, and the calls of each CloudFormation event.

`Timeline` records events, which `cloud.ministack.events` reports, stack operations, which
`cloud.ministack.stack_events` reports, and calls, which the emulator's server reports.
`view` converts both to JSON, and `PageServer` serves the JSON and the files of the page. `stack_operations` are for
the report of a failure.
"""

from imagebuilder_local.page.server import PageServer
from imagebuilder_local.page.start import starting
from imagebuilder_local.page.timeline import Timeline
from imagebuilder_local.page.view import stack_operations, view

__all__ = ["PageServer", "Timeline", "stack_operations", "starting", "view"]
