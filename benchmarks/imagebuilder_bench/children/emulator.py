"""Serve the emulator with many scheduled pipelines over TLS, and print its CPU seconds.

    python emulator.py NUMBER WORK_FOLDER

Print a line of JSON with the URL, a pipeline's ARN and the CA file. Then, for each line on stdin, print the CPU seconds
that this process has taken so far.
"""

import json
import ssl
import sys
import time
from pathlib import Path

import trustme

from imagebuilder_local.emulator import ImageBuilder, ImageBuilderServer


def main(number: int, folder: Path) -> None:
    """Serve until stdin ends."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = folder / "emulator.pem"
    authority.cert_pem.write_to_path(str(trusted))
    service = ImageBuilder(strict_references=False)
    arn = [create(service, index) for index in range(number)][-1]
    with ImageBuilderServer(service, ssl_context=context) as server:
        print(json.dumps({"url": server.url, "arn": arn, "trusted": str(trusted)}), flush=True)
        for _ in sys.stdin:
            print(time.process_time(), flush=True)


def create(service: ImageBuilder, index: int) -> str:
    """Create a pipeline with a schedule, and return its ARN."""
    made = service.call(
        "CreateImagePipeline",
        {
            "name": f"pipeline-{index}",
            "imageRecipeArn": service.arn("image-recipe/golden/1.0.0"),
            "infrastructureConfigurationArn": service.arn("infrastructure-configuration/golden"),
            "schedule": {"scheduleExpression": "cron(0 6 ? * SUN *)", "timezone": "Europe/London"},
            "clientToken": f"token-{index}",
        },
    )
    return str(made["imagePipelineArn"])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
