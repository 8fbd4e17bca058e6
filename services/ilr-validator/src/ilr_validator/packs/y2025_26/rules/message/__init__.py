"""Rules of the file itself."""
