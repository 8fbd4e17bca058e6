"""The spool of decisions and its way to the topic."""
