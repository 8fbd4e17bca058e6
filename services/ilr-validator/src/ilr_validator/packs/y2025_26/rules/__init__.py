"""Definitions by entity and field, and the names of what is kept from 2020-21."""
