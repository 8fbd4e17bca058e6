"""Root of every test run: loads the shared fixtures; holds none of its own."""

from hypothesis import settings

# A time limit per example would measure the machine, not the code.
settings.register_profile("matricula", deadline=None)
settings.load_profile("matricula")

pytest_plugins = ["matricula_testkit.plugin"]
