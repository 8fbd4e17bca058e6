"""The engine: columns, dates, lookups and the running of rules. It knows no year and no file."""
