"""Events in: the work that this service gives itself."""
