"""Reference data on disk: snapshots, and importers of what providers can download."""
