"""Synthetic learner files: obviously invented people, right check digits, faults on demand."""
