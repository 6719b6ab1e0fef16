"""The provider: the Lambda function that manages the pipelines of a stack, and its permissions."""
