"""What several tests use: the other side of the function, as CloudFormation would be."""
