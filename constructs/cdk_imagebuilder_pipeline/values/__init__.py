"""Values that are known later: tokens, references and conditions."""
