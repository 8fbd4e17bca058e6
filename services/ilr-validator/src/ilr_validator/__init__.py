"""ILR validation: official rules by academic year, in columns."""
