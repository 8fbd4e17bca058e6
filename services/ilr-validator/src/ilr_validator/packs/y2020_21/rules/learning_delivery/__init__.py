"""Rules of LearningDelivery."""
