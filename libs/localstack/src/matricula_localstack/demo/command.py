"""`matricula demo`: starts the platform where it is not running, goes the journey, stops it."""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from matricula_localstack.demo import input_file
from matricula_localstack.demo.journey import Cast, Journey
from matricula_localstack.demo.platform_client import Actor, PlatformClient, Refused
from matricula_localstack.demo.story import StepFailed, Story
from matricula_localstack.issuer.scripted import IssuerRefusedError, upsert
from matricula_localstack.paths import home_from, repository_root
from matricula_localstack.stack import Stack, StackError
from matricula_localstack.surroundings import Platform, plan_for, platform_from

READY_SECONDS = 120
REFERENCE: Final = "ILR_VALIDATOR_REFERENCE_DIRECTORY"


def run_demo(file: Path | None, *, console: Console) -> bool:
    """Run the demonstration; say whether every step checked out."""
    home = home_from(os.environ)
    folder = home.root / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    story = Story(console, folder)
    began = time.monotonic()
    stack = Stack(home)
    was_running = stack.is_running()
    try:
        asyncio.run(_run(file, story=story, stack=stack, folder=folder))
    except (StepFailed, Refused, StackError, IssuerRefusedError, httpx.HTTPError) as error:
        console.print(f"[red]Did not check out:[/red] {type(error).__name__}: {error}")
    finally:
        path = story.write()
        if not was_running and stack.is_running():
            console.print("Stopping the platform (`make up` keeps it running).")
            stack.stop()
    _print_end(story, path, seconds=time.monotonic() - began)
    return story.is_ok


async def _run(file: Path | None, *, story: Story, stack: Stack, folder: Path) -> None:
    platform = platform_from(stack.home, _environ(file))
    async with story.step("start", "PostgreSQL, Kafka, the issuer and every service start"):
        stack.start(plan_for(platform))
        await asyncio.to_thread(stack.wait_ready, seconds=READY_SECONDS, report=lambda _: None)
    async with story.step("file", "The file"):
        chosen = input_file.sample(folder / "sample") if file is None else input_file.own_file(file)
        story.say(f"{chosen.path.name}, provider {chosen.ukprn}")
    async with httpx.AsyncClient(timeout=httpx.Timeout(60.0), trust_env=False) as client:
        cast = await _cast(client, platform, chosen.ukprn)
        calls = PlatformClient(
            client,
            gateway=f"http://127.0.0.1:{platform.ports['gateway']}",
            issuer=platform.addresses["OIDC_ISSUER"],
        )
        await Journey(story, calls, cast, chosen, folder, repository_root()).run()


def _environ(file: Path | None) -> Mapping[str, str]:
    """Return the environment of the platform.

    The synthetic reference data knows the learners of the sample. By it, a file of the user's own
    would break rules that it keeps; without any, the rules that need some are not run.
    """
    if file is None or REFERENCE in os.environ:
        return os.environ
    return {**os.environ, REFERENCE: ""}


async def _cast(client: httpx.AsyncClient, platform: Platform, ukprn: int) -> Cast:
    """Put the people and partners of a provider into the development issuer's directory."""
    people = {
        "coordinator": "training_coordinator",
        "compliance": "compliance_officer",
        "dpo": "dpo",
        "auditor": "auditor",
    }
    partners = {"partner": f"partner-{ukprn}", "stranger": f"partner-{ukprn}-unknown"}
    entries = await upsert(
        client,
        platform.addresses["OIDC_ISSUER"],
        {
            "people": [
                {
                    "subject": f"{name}-{ukprn}",
                    "label": f"{name.capitalize()} of provider {ukprn}",
                    "roles": [role],
                    "ukprn": ukprn,
                }
                for name, role in people.items()
            ],
            "clients": [
                {"client_id": name, "label": name, "roles": ["partner"], "ukprn": ukprn}
                for name in partners.values()
            ],
        },
    )
    secrets = {one["client_id"]: one["secret"] for one in entries["clients"]}
    return Cast(
        **{name: Actor(f"{name}-{ukprn}") for name in people},
        **{name: Actor(one, secrets[one]) for name, one in partners.items()},
    )


def _print_end(story: Story, path: Path, *, seconds: float) -> None:
    facts = story.facts
    story.console.print()
    submission = facts.get("submission", {})
    if submission.get("status") == "refused":
        story.say(f"The file was refused: {submission['title']} ({submission['problem']})")
    elif submission:
        story.say(
            "{records:,} records: {accepted:,} accepted, {quarantined:,} in quarantine, "
            "{live:,} live".format(**submission)
        )
    validation = facts.get("validation", {})
    if "learners" in validation:
        story.say(
            "{learners:,} learners validated: {errors:,} errors, {warnings:,} warnings, "
            "{rules_not_run:,} rules not run  {reports}".format(**validation)
        )
    if "event_log" in facts:
        story.say("{events:,} events, verified: {verified}  {export}".format(**facts["event_log"]))
    story.say(f"story     {path}")
    story.say(f"outcomes  {path.with_name('outcomes.ndjson')}")
    if story.is_ok:
        story.console.print(f"[green]Every step checked out[/green] ({seconds:.0f} s)")
    else:
        story.console.print(f"[red]Not every step checked out[/red] ({seconds:.0f} s)")
