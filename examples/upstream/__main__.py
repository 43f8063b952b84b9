"""Serve the simulated upstream city in the foreground: `python -m examples.upstream --folder F --until
2023-08-29`.

Writes into the folder, once everything is up: `connections.env` (the five connections as shell exports) and
`control.json` (where the control endpoint listens). `POST /control/advance {"until": "2023-08-30"}` lets
simulated time run: a day means its end (24:00 Beijing time), a moment itself. Ends on SIGTERM or Ctrl-C,
leaving no process behind.
"""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import Body, FastAPI, HTTPException

from examples.upstream.model import CityParameters, build_city
from examples.upstream.servers import Upstream
from examples.upstream.servers.web import WebServer

NOTICE = "# A simulated city: every person, employer and project in it is invented. Gone when it stops.\n"


def moment(text: str) -> datetime:
    """The instant that a day ('2023-08-29': its end) or a moment ('2023-08-29 18:00:00') names. Raises
    ValueError.
    """
    named = datetime.fromisoformat(text)
    if named.tzinfo is not None:
        raise ValueError("simulated time is Beijing time and carries no zone")
    return named + timedelta(days=1) if len(text) == len("2023-08-29") else named


def control(upstream: Upstream) -> FastAPI:
    """The control endpoint: `GET /control` says where simulated time stands, `POST /control/advance` moves
    it.
    """
    app = FastAPI(title="control of the simulated city", openapi_url=None)
    one_at_a_time = threading.Lock()

    @app.get("/control")
    def state() -> dict[str, str]:
        return {"until": str(upstream.until)}

    @app.post("/control/advance")
    def advance(order: dict[str, Any] = Body(...)) -> dict[str, str]:  # noqa: B008
        try:
            with one_at_a_time:
                upstream.advance(moment(str(order.get("until", ""))))
        except ValueError as error:
            raise HTTPException(status_code=400, detail=str(error)) from error
        return state()

    return app


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, complete or not at all."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def exports(connections: Mapping[str, str]) -> str:
    """The connections as lines that a shell can source."""
    return NOTICE + "".join(f"export {name}={shlex.quote(text)}\n" for name, text in connections.items())


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m examples.upstream", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--folder", type=Path, required=True, help="where the outboxes and connections.env go"
    )
    parser.add_argument(
        "--until", type=moment, required=True, help="simulated time at the start: a day or a moment"
    )
    parser.add_argument("--seed", type=int, help="another city of the same shape")
    parser.add_argument("--tickets", type=int, help="how many tickets (default: the published figures)")
    parser.add_argument("--noise", choices=("none", "normal", "heavy"), help="how badly things are written")
    given = vars(parser.parse_args(arguments))
    folder, until = given.pop("folder"), given.pop("until")
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    city = build_city(CityParameters(**{name: value for name, value in given.items() if value is not None}))
    with Upstream(city, folder) as upstream:
        upstream.advance(until)
        endpoint = WebServer(control(upstream))
        endpoint.start()
        try:
            address = {"url": f"http://127.0.0.1:{endpoint.port}/control", "port": endpoint.port}
            write_private(folder / "control.json", json.dumps(address))
            write_private(folder / "connections.env", exports(upstream.connections()))
            print("A simulated city is being served; everyone in it is invented.")
            print(f"  connections  source {folder / 'connections.env'}")
            print(f"  time         {upstream.until} Beijing; move it: POST {address['url']}/advance")
            print("  stop         SIGTERM or Ctrl-C", flush=True)
            stop.wait()
        finally:
            endpoint.stop()
            (folder / "connections.env").unlink(missing_ok=True)
            (folder / "control.json").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
