"""One answer of a REST source taken out of its envelope, as the contract says where its parts stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.contracts import Envelope
from pipelines.contracts.delivery import at_path
from pipelines.errors import DeliveryRefused, SourceAnswerBroken, SourceRejectedUs
from pipelines.ingest.json_reader import parse_document, texts_of

Row = dict[str, str | None]
MISSING = object()


@dataclass(frozen=True)
class AnswerPage:
    """One page. What the envelope does not state is None; `cursor` None or `has_more` False is the end."""

    body: bytes
    rows: list[Row]
    total: int | None
    allowed_size: int | None
    cursor: str | None
    has_more: bool | None


def read_answer(source: str, envelope: Envelope, body: bytes, where: str) -> AnswerPage:
    """Take an answer apart.

    Raises SourceRejectedUs for code 401… or 403… under HTTP 200, SourceAnswerBroken for another error code, half a
    body, and an answer that is not what the envelope says.
    """
    try:
        document = parse_document(source, body, where)
    except DeliveryRefused:
        raise SourceAnswerBroken(
            source, "the answer is not whole JSON", where=where, remedy="pull again"
        ) from None
    missing = []
    if envelope.code is not None:
        code = at_path(document, envelope.code, MISSING)
        if code is MISSING or code is None:
            missing.append(envelope.code)
        elif _text(code) not in envelope.success:
            raise _error_answer(source, _text(code), where)
    rows = at_path(document, envelope.rows, MISSING)
    if not isinstance(rows, list):
        missing.append(envelope.rows)
    total = _whole_number(at_path(document, envelope.total, None)) if envelope.total else None
    if envelope.total is not None and total is None:
        missing.append(envelope.total)
    if missing or not isinstance(rows, list):
        raise SourceAnswerBroken(
            source,
            f"the answer is not the page that the contract describes: nothing fitting at {', '.join(missing)}",
            where=where,
            remedy="compare the interface with delivery.path and delivery.envelope of the contract",
        )
    cursor = at_path(document, envelope.cursor, None) if envelope.cursor else None
    has_more = at_path(document, envelope.has_more, None) if envelope.has_more else None
    return AnswerPage(
        body=body,
        rows=[texts_of(row) for row in rows],
        total=total,
        allowed_size=_whole_number(at_path(document, envelope.page_size, None))
        if envelope.page_size
        else None,
        cursor=_text(cursor) if cursor is not None and _text(cursor) else None,
        has_more=None if has_more is None else _text(has_more).lower() in ("true", "1"),
    )


def _error_answer(source: str, code: str, where: str) -> SourceRejectedUs | SourceAnswerBroken:
    text = code if code.lstrip("-").isdigit() and len(code) <= 12 else "that is no number"
    if text.startswith(("401", "403")):
        return rejected(source, f"the platform refuses the request (code {text} under HTTP 200)", where)
    return SourceAnswerBroken(
        source,
        f"the answer is an error under HTTP 200 (code {text})",
        where=where,
        remedy="pull again later",
    )


def rejected(source: str, what: str, where: str) -> SourceRejectedUs:
    """The error for a platform that does not let us in."""
    return SourceRejectedUs(
        source,
        what,
        where=where,
        remedy="check app id, secret and path in the connection, and that this machine's clock is right",
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _whole_number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None
