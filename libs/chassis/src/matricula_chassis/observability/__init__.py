"""What a process says about itself: logs, metrics, traces, progress. Never about a person."""
