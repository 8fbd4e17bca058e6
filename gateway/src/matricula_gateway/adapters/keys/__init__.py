"""The gateway's own signing keys."""
