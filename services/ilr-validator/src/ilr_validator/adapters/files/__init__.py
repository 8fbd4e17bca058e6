"""ILR files: containers, XML, schema, reports."""
