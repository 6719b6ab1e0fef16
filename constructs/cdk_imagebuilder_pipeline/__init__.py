"""A CDK construct for EC2 Image Builder pipelines."""
