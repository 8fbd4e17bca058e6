"""Connections to the services behind the gateway."""
