"""Ground for trying a new source: a copy of schemas/ with more files in it, the command line and Airflow on that copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response

from pipelines.settings import PROJECT_ROOT

EXAMPLES = PROJECT_ROOT / "examples" / "sources"
FIXTURES = PROJECT_ROOT / "tests" / "fixtures" / "new_sources"


@dataclass
class Deployment:
    """A workspace and a copy of schemas/; `add` is all that a new source needs."""

    folder: Path
    connections: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.schemas, self.workspace = self.folder / "schemas", self.folder / "workspace"
        if not self.schemas.exists():
            shutil.copytree(PROJECT_ROOT / "schemas", self.schemas)

    def add(self, *sources: str) -> None:
        for source in sources:
            shutil.copy(EXAMPLES / f"{source}.yml", self.schemas / "sources")

    def connect(self, name: str, **connection: Any) -> None:
        self.connections[f"AIRFLOW_CONN_CLEARANCE_{name.upper()}"] = json.dumps(connection)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_CONN_")}
        return {**kept, "CLEARANCE_SCHEMAS": str(self.schemas), **self.connections}

    def clearance(self, *arguments: str, code: int = 0) -> str:
        """Run the command line; what it prints. Fails where it ends with another exit code."""
        done = self.program(
            "from pipelines.cli import main; main()", "--workspace", str(self.workspace), *arguments
        )
        assert done.returncode == code, f"clearance {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def program(
        self, text: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", text, *arguments],
            cwd=PROJECT_ROOT,
            env={**self.environment, "COLUMNS": "200", **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def cursor_platform(rows: list[dict[str, Any]], token: str) -> FastAPI:
    """The invented trade union's platform: a bearer token, a cursor, its own keys, no total."""
    app = FastAPI()

    async def answer(request: Request) -> Response:
        query = request.query_params
        if request.headers.get("Authorization") != f"Bearer {token}":
            return Response('{"status": "error"}', status_code=401)
        if query.get("type") != "wage_arrears":
            return Response('{"status": "error", "result": null}')
        inside = [row for row in rows if query["modifiedFrom"] <= row["modifiedAt"] < query["modifiedTo"]]
        inside.sort(key=lambda row: (row["modifiedAt"], row["appealNo"]))
        start = int(query.get("after") or 0)
        end = start + int(query["limit"])
        cursor = str(end) if end < len(inside) else None
        return Response(
            json.dumps({"status": "ok", "result": {"items": inside[start:end], "nextCursor": cursor}})
        )

    app.add_api_route("/openapi/v2/appeals", answer, methods=["GET"])
    return app
