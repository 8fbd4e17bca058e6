"""What the known changes of 2026-27 redefine; all else is kept from 2025-26 as far as it holds."""
