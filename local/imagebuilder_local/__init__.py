"""A local cloud with EC2 Image Builder for development without an AWS account."""
