"""Sockets, files, keys and topics."""
