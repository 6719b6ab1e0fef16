"""Prove or correct, in an account, what this project believes of AWS: `make smoke-aws`, described in docs/smoke.md."""
