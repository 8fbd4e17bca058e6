"""The platform on one computer, as one table: every process, what it is for and what it needs.

Data only; `surroundings` turns it into units for the supervisor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Process:
    """A long-lived process, `python -m <module> <command>`; `serve` is named as its service.

    It answers probes on the port of its name in `ports.OFFSETS`, or on the one `probe` names.
    """

    command: str
    purpose: str
    needs: tuple[str, ...] = ()
    probe: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service with its processes, databases and settings.

    `tasks` are finite commands that come before every process. `databases` maps the start of the
    variables that name a database to the owner of that database. In the values of `settings`,
    `{data}` stands for the service's own folder, `{repository}` for this checkout and `{name}` for
    the port of that name. `secrets` are variables whose value is made at random (64 hexadecimal
    digits) and given as a file.
    """

    name: str
    module: str
    processes: tuple[Process, ...]
    tasks: tuple[str, ...] = ()
    databases: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    key_encryption_key: str = ""
    is_client: bool = False

    @property
    def prefix(self) -> str:
        """The prefix of its environment variables, with the underscore."""
        return f"{self.name.upper().replace('-', '_')}_"


SERVICES: Final = (
    Service(
        "learner-api",
        "learner_api",
        (
            Process("serve", "learners and intake over HTTP"),
            Process("intake", "reads and checks partners' files"),
            Process("relay", "publishes its events", needs=("topics",)),
        ),
        tasks=("migrate", "migrate-keys"),
        databases={
            "LEARNER_API_DATABASE": "learner_api",
            "LEARNER_API_KEYS_DATABASE": "learner_api_keys",
        },
        settings={
            "LEARNER_API_CONSENT_REGISTRY_URL": "http://127.0.0.1:{consent-registry}",
            "LEARNER_API_EVENT_LOG_URL": "http://127.0.0.1:{event-log}",
            "LEARNER_API_UPLOAD_DIRECTORY": "{data}/uploads",
        },
        secrets=("LEARNER_API_INDEX_KEY",),
        key_encryption_key="LEARNER_API_KEY_FILE",
        is_client=True,
    ),
    Service(
        "consent-registry",
        "consent_registry",
        (
            Process("serve", "agreements and lawful bases over HTTP"),
            Process("consume", "records the use of agreements", needs=("topics",)),
            Process("relay", "publishes its events", needs=("topics",)),
        ),
        tasks=("migrate",),
        databases={"CONSENT_REGISTRY_DATABASE": "consent_registry"},
        settings={"CONSENT_REGISTRY_EVENT_LOG_URL": "http://127.0.0.1:{event-log}"},
        secrets=("CONSENT_REGISTRY_CURSOR_SECRET",),
        is_client=True,
    ),
    Service(
        "event-log",
        "event_log",
        (
            Process("serve", "the auditors' questions over HTTP"),
            Process("consume", "appends every event to the log", needs=("topics",)),
            Process("seal", "seals the log and signs checkpoints"),
            Process("relay", "publishes checkpoints", needs=("topics",)),
        ),
        tasks=("migrate",),
        databases={"EVENT_LOG_DATABASE": "event_log"},
        settings={
            "EVENT_LOG_SIGNING_KEY_PATH": "{data}/signing.key",
            "EVENT_LOG_VERIFIER_KEY_PATH": "{data}/verifier.key",
            "EVENT_LOG_HIGH_WATER_PATH": "{data}/last-checkpoint",
            "EVENT_LOG_CREATE_SIGNING_KEY": "true",
            "EVENT_LOG_EXPORTS_PATH": "{data}/exports",
        },
        secrets=("EVENT_LOG_CURSOR_SECRET",),
        is_client=True,
    ),
    Service(
        "ilr-validator",
        "ilr_validator",
        (
            Process("serve", "validations over HTTP"),
            Process("work", "checks files part by part", needs=("topics",)),
            Process("consume", "checks learners when they change", needs=("topics",)),
            Process("relay", "publishes its events", needs=("topics",)),
        ),
        tasks=("migrate",),
        databases={"ILR_VALIDATOR_DATABASE": "ilr_validator"},
        settings={
            "ILR_VALIDATOR_LEARNER_API_URL": "http://127.0.0.1:{learner-api}",
            "ILR_VALIDATOR_EVENT_LOG_URL": "http://127.0.0.1:{event-log}",
            "ILR_VALIDATOR_STORAGE_DIRECTORY": "{data}/files",
            "ILR_VALIDATOR_REFERENCE_DIRECTORY": (
                "{repository}/services/ilr-validator/src/ilr_validator/reference_sample"
            ),
        },
        secrets=("ILR_VALIDATOR_INDEX_KEY",),
        key_encryption_key="ILR_VALIDATOR_KEY_FILE",
        is_client=True,
    ),
    Service(
        "gateway",
        "matricula_gateway",
        (
            Process("serve", "the public entrance", probe="gateway-internal"),
            Process("relay", "publishes its decisions", needs=("topics",)),
        ),
        settings={
            "GATEWAY_INTERNAL_PORT": "{gateway-internal}",
            "GATEWAY_LEARNER_API_URL": "http://127.0.0.1:{learner-api}",
            "GATEWAY_CONSENT_REGISTRY_URL": "http://127.0.0.1:{consent-registry}",
            "GATEWAY_EVENT_LOG_URL": "http://127.0.0.1:{event-log}",
            "GATEWAY_ILR_VALIDATOR_URL": "http://127.0.0.1:{ilr-validator}",
            "GATEWAY_KEY_FILE": "{data}/keys.json",
            "GATEWAY_SPOOL_DIRECTORY": "{data}/spool",
        },
    ),
)


def service_named(name: str) -> Service:
    """Return a service of the table (KeyError when there is none of that name)."""
    return {service.name: service for service in SERVICES}[name]
