"""Images of pipelines: built on deploy, looked up, and deleted by a lifecycle policy."""
