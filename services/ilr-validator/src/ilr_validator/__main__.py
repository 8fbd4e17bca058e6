"""The command `ilr-validator`."""

from ilr_validator.adapters.commands.app import app

if __name__ == "__main__":
    app()
