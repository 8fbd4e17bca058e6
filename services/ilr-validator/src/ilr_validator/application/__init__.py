"""Use cases of the validator."""
