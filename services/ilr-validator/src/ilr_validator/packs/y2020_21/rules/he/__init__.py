"""Rules of LearnerHE, its financial support, and LearningDeliveryHE."""
