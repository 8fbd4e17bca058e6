"""Renders generated files as text: Python literals, JSON, YAML-free. Writes nothing."""

import json
import pprint
import subprocess
import sys
from typing import Any

_NOTE = '"""Generated from contracts/{source} by `python -m tools.contracts`; do not edit."""'


def python_module(source: str, name: str, value: Any) -> str:
    """Return a module that holds `value` under `name` as literals, formatted like the rest."""
    body = pprint.pformat(value, width=90, sort_dicts=False)
    note = _NOTE.format(source=source)
    text = f"{note}\n\nfrom typing import Any, Final\n\n{name}: Final[Any] = {body}\n"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", "generated.py", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def json_file(value: Any) -> str:
    """Return `value` as indented JSON with a final line feed; keys keep their order."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
