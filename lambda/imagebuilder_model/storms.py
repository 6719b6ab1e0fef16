"""Deployments of many pipelines at once: the function gets their number."""

from typing import Final

PIPELINES_VARIABLE: Final = "CUSTOM_RESOURCE_PIPELINES"
"""Environment variable of the function with the number of pipelines that it serves, in decimal digits."""

FEWEST_PIPELINES: Final = 100
"""The least number that the function gets. Fewer end soon: if they are throttled, the reason is another deployment."""

MOST_PIPELINES: Final = 1000
"""The greatest number that counts: Lambda runs as many functions of an account at once (its default quota)."""
