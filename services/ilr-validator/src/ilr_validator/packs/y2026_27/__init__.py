"""What is known of the academic year 2026-27: differences from 2025-26, provisional."""
