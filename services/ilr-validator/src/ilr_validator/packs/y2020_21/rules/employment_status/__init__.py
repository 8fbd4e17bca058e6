"""Rules of LearnerEmploymentStatus and its monitoring."""
