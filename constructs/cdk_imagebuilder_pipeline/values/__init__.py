"""Values that are not known at synth: tokens, references and conditions."""
