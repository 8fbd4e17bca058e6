"""Rules of Learner."""
