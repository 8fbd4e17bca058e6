"""Packs: the rules of each academic year."""
