"""What surrounds the rules: files, HTTP, events, database."""
