"""Files: signing key, export packs, offline verifier."""
