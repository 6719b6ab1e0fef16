"""Wrappers of ministack. Its version is pinned, and tests check each of its names that this package uses."""
