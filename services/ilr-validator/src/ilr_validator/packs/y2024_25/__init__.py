"""The record of the academic year 2024-25, so that its files can be migrated; it has no rules."""
