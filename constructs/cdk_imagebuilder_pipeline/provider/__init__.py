"""The provider: the function behind the pipelines of a stack, and what it may do."""
