"""Migrations of the event log's database."""
