"""The frame of a custom resource: it knows CloudFormation and Lambda, and nothing of EC2 Image Builder."""
