"""Rules of the log: tree, notes, canonical bytes, completeness. Does no I/O."""
