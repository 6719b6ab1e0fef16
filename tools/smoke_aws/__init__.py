"""Verify the project's assumptions about AWS in an account: `make smoke-aws`, described in docs/smoke.md."""
