"""Events that the service sends to EventBridge, and which the service model does not have.

Names and details are those of the user guide's page on EventBridge.
"""

from typing import Final

SOURCE: Final = "aws.imagebuilder"
STATE_CHANGE: Final = "EC2 Image Builder Image State Change"
CVE_DETECTED: Final = "EC2 Image Builder CVE Detected"
STEP_WAITING: Final = "EC2 Image Builder Workflow Step Waiting"
AUTO_DISABLED: Final = "EC2 Image Builder Image Pipeline Automatically Disabled"
