"""Who may do what, put together from the pure rules; ports to everything that does I/O."""
