"""The run time of a process: commands, supervision, serving. Services start here and stop here."""

from matricula_chassis.runtime.commands import Commands, ReplayOrder, service_app
from matricula_chassis.runtime.process import (
    Process,
    ProcessFactory,
    Worker,
    read_settings,
    run_command,
    run_process,
)
from matricula_chassis.runtime.serving import AddressInUse, Listener, StartupFailed, serve_http
from matricula_chassis.runtime.supervision import (
    EXIT_BAD_CONFIGURATION,
    EXIT_CLEAN,
    EXIT_FAILURE,
    WorkerEnded,
    WorkerStalled,
    supervise,
)

__all__ = [
    "EXIT_BAD_CONFIGURATION",
    "EXIT_CLEAN",
    "EXIT_FAILURE",
    "AddressInUse",
    "Commands",
    "Listener",
    "Process",
    "ProcessFactory",
    "ReplayOrder",
    "StartupFailed",
    "Worker",
    "WorkerEnded",
    "WorkerStalled",
    "read_settings",
    "run_command",
    "run_process",
    "serve_http",
    "service_app",
    "supervise",
]
