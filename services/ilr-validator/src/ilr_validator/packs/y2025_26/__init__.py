"""The rules of the academic year 2025-26, as published on 17 October 2025."""
