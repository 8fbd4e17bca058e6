"""The public listener and the internal one."""
