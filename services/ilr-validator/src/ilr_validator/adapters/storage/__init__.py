"""Files and reports on disk, encrypted."""
