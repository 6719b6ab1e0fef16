"""What the emulator has for pipelines of tests to refer to."""

KINDS = (
    "image-recipe/golden/1.0.0",
    "image-recipe/other/1.0.0",
    "container-recipe/golden/1.0.0",
    "infrastructure-configuration/golden",
    "infrastructure-configuration/other",
    "distribution-configuration/golden",
)
