"""`Custom::ImagePipelineBuild` and `Custom::ImagePipelineImage`: images that a deployment builds, or waits for."""
