"""The commands of the how-to for partners, run as they stand in the page."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from tests.e2e.users import Users

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "howto" / "push-a-file-with-curl.md"


def documented(settings: dict[str, str]) -> str:
    """Return the page's commands as one script; the settings take the place of the defaults."""
    blocks = re.findall(
        r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    defaults, *commands = blocks
    named = dict(re.findall(r"(\w+)=(\S+)", defaults))
    assert named.keys() == settings.keys()
    exports = "".join(f'export {name}="{value}"\n' for name, value in settings.items())
    return "set -euo pipefail\n" + exports + "".join(commands)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: not run")
async def test_a_partners_first_upload_works_as_documented(users: Users, tmp_path: Path) -> None:
    provider = await users.provider()
    await users.agree(provider)
    issuer_home = users.own.root / "issuer"
    (tmp_path / "issuer").symlink_to(issuer_home)
    script = documented(
        {
            "GATEWAY": users.own.gateway,
            "ISSUER": users.own.platform.addresses["OIDC_ISSUER"],
            "PARTNER": provider.partner.name,
            "UKPRN": str(provider.ukprn),
            "STATE": str(tmp_path),
        }
    )
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), timeout=300)
    assert process.returncode == 0, err.decode()
    text = out.decode()
    assert "event: end" in text
    outcomes = [json.loads(line) for line in text.splitlines() if line.startswith('{"position"')]
    assert len(outcomes) == 100
    assert "position,learn_ref_number,reason,field,code,message" in text
