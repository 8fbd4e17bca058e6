"""Rules that compare entities, learners and aims."""
