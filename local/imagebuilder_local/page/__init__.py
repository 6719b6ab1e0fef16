"""A page to look at: the pipelines as deployed, and for each event of CloudFormation what it led to.

`Timeline` remembers events and calls, `cloudformation` tells it of the former and the emulator's server of the latter,
`view` writes both down as JSON, and `PageServer` serves that and the page's files.
"""

from imagebuilder_local.page.server import PageServer
from imagebuilder_local.page.timeline import Timeline
from imagebuilder_local.page.view import view

__all__ = ["PageServer", "Timeline", "view"]
