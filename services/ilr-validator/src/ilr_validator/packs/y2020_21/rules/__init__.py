"""Definitions of the rules of 2020-21, by entity and field."""
