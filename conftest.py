"""Root of every test run: loads the shared fixtures; holds none of its own."""

pytest_plugins = ["matricula_testkit.plugin"]
