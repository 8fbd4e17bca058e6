"""The change of year: what becomes of each part of a learner's record, by tables."""
