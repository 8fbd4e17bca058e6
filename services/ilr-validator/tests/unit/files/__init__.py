"""Files: how they are opened, refused, checked in parts, and written again."""
