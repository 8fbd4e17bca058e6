"""Importers: publishers' files as they are downloaded become tables of a snapshot."""
