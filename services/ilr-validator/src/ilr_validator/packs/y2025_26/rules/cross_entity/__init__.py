"""Rules across records (R_06 and the like)."""
