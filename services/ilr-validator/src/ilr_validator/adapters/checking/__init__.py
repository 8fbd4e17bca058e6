"""What is worked out from an encrypted file, in a thread of its own."""
