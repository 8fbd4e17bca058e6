"""Higher education of a learner and of an aim."""
