"""A synthesised CDK app: its stacks, the environments that they need, and its pipelines once they are deployed."""
