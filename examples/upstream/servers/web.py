"""A web application served by uvicorn in a thread, on a free loopback port."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

START_SECONDS = 10.0


class WebServer:
    """Serves one application from `start` to `stop`; `port` is known after `start`.

    `log_level` is uvicorn's: an application that breaks answers off on purpose asks for "critical".
    """

    def __init__(self, app: FastAPI, log_level: str = "error") -> None:
        self._app = app
        self._log_level = log_level
        self._server: uvicorn.Server | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen on 127.0.0.1. Raises TimeoutError when the server does not come up."""
        self._bind()
        self._serve()

    def stop(self) -> None:
        """Finish the requests in flight and close the port."""
        self._end()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def refuse(self) -> None:
        """Finish the requests in flight and refuse connections, at the same port, until `admit`."""
        if self._server is None:
            return
        self.stop()
        self._bind()

    def admit(self) -> None:
        """Listen again after `refuse`; nothing to do where the server listens."""
        if self._server is None:
            self._serve()

    def _bind(self) -> None:
        # Bound and not listening, a port refuses connections and nobody else gets it.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]

    def _serve(self) -> None:
        config = uvicorn.Config(
            self._app,
            log_level=self._log_level,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        server = self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        give_up_at = time.monotonic() + START_SECONDS
        while not server.started:
            if time.monotonic() > give_up_at or not self._thread.is_alive():
                raise TimeoutError(f"the web server did not come up within {START_SECONDS:.0f} s")
            time.sleep(0.01)

    def _end(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            self._server = None
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
