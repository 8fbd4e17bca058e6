"""The pack of 2020-21, the last year whose official rule code is public."""
