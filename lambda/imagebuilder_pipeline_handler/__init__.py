"""The Lambda function behind Custom::ImagePipeline."""
