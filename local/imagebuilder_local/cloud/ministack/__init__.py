"""Everything that wraps ministack. It is pinned, and tests check each name of it that is used here."""
