"""Rules of LearnerDestinationandProgression."""
