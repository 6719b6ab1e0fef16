"""An embedded AWS with EC2 Image Builder, for a laptop without an AWS account."""
