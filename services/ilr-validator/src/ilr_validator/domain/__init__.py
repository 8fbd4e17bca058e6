"""What is true of a validation and its findings, wherever they are kept."""
