"""A web application served by uvicorn in a thread, on a free loopback port."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from fastapi import FastAPI

START_SECONDS = 10.0


class WebServer:
    """Serves one application from `start` to `stop`; `port` is known after `start`."""

    def __init__(self, app: FastAPI) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=2
            )
        )
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen on 127.0.0.1. Raises TimeoutError when the server does not come up."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        give_up_at = time.monotonic() + START_SECONDS
        while not self._server.started:
            if time.monotonic() > give_up_at or not self._thread.is_alive():
                raise TimeoutError(f"the web server did not come up within {START_SECONDS:.0f} s")
            time.sleep(0.01)

    def stop(self) -> None:
        """Finish the requests in flight and close the port."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=10)
        if self._socket is not None:
            self._socket.close()
