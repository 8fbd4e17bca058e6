"""Employment status and its monitoring."""
