"""Learning delivery."""
