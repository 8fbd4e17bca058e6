"""Use cases of the log and the ports they need."""
