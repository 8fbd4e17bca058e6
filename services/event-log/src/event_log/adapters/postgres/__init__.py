"""PostgreSQL: the log itself."""
