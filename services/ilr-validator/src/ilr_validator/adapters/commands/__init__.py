"""The commands that need no platform."""
