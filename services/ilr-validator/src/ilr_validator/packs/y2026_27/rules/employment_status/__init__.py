"""Employment status."""
