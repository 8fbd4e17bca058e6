"""Root of every test run: loads the shared fixtures; holds none of its own."""

import os

from hypothesis import settings

# A time limit per example would measure the machine, not the code.
settings.register_profile("matricula", deadline=None)
# A failure in CI must be one that the next run, and anybody else, meets again.
settings.register_profile("matricula-ci", deadline=None, derandomize=True)
settings.load_profile("matricula-ci" if os.environ.get("CI") else "matricula")

pytest_plugins = ["matricula_testkit.plugin"]
