"""Reports of a checked file."""
