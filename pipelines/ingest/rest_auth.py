"""How a request to a REST source proves who asks: signed, with a token, a key or a password of the connection."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping

from pipelines.contracts.delivery import ApiKeyAuth, BasicAuth, BearerAuth, HmacAuth
from pipelines.errors import ConfigurationError
from pipelines.settings import Connection

# Headers for a request with this path and these parameters; made anew for every try.
Credentials = Callable[[str, Mapping[str, str]], dict[str, str]]


def credentials(
    auth: HmacAuth | BearerAuth | BasicAuth | ApiKeyAuth, connection: Connection, name: str
) -> Credentials:
    """The headers by the contract's `auth`. Raises ConfigurationError where the connection `name` lacks what it needs."""
    if isinstance(auth, HmacAuth):
        _need(connection.login, "the app id as its login", name)
        return lambda path, query: _signed(connection, path, query)
    if isinstance(auth, BasicAuth):
        _need(connection.login, "a login", name)
        pair = base64.b64encode(f"{connection.login}:{connection.password}".encode()).decode()
        return lambda path, query: {"Authorization": f"Basic {pair}"}
    _need(connection.password, "the key or token as its password", name)
    if isinstance(auth, BearerAuth):
        return lambda path, query: {"Authorization": f"Bearer {connection.password}"}
    return lambda path, query: {auth.header: connection.password}


def signature(secret: str, method: str, path: str, query: str, timestamp: str, nonce: str) -> str:
    """Hex HMAC-SHA256 over method, path, sorted query, timestamp and nonce, one a line."""
    text = "\n".join((method, path, query, timestamp, nonce))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _signed(connection: Connection, path: str, query: Mapping[str, str]) -> dict[str, str]:
    """The query is signed as `name=value` pairs in order of name, not percent-encoded; a nonce is used once."""
    stamp, nonce = str(int(time.time())), secrets.token_hex(16)
    ordered = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
    return {
        "X-App-Id": connection.login,
        "X-Timestamp": stamp,
        "X-Nonce": nonce,
        "X-Signature": signature(connection.password, "GET", path, ordered, stamp, nonce),
    }


def _need(value: str, what: str, name: str) -> None:
    if not value:
        raise ConfigurationError(f"the connection lacks {what}", where=name)
