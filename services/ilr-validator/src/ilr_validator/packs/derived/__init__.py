"""Derived data (DD01 to DD40) of the official rules, one module each."""
