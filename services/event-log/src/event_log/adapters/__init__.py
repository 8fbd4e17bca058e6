"""What connects the log to the world."""
