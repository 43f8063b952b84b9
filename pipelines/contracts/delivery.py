"""How a source delivers: over REST, from a database's table, or as files (`delivery` of schemas/sources/NAME.yml).

Whatever the kind, a person may hand the same rows over as a file, so the keys that say how files are read stand at all.
Secrets never stand here: host, account and key come from the source's connection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.contracts.base import Strict

# A path into an answer: keys joined by dots; "." is the answer itself.
DottedPath = Annotated[str, Field(pattern=r"^(\.|[^.\s]+(\.[^.\s]+)*)$")]
PLACEHOLDERS = ("date", "time", "sequence")


def at_path(document: Any, path: str, default: Any) -> Any:
    """What stands in a document at a path of keys joined by dots ("." is the document); `default` for nothing."""
    for key in () if path == "." else path.split("."):
        if not isinstance(document, dict) or key not in document:
            return default
        document = document[key]
    return document


class TitleText(Strict):
    """A text in the title rows of a workbook; the group of `pattern` holds what is wanted. `row` is where it stands."""

    row: int = Field(ge=1)
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _has_one_group(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups
        except re.error as error:
            raise ValueError(f"the pattern cannot be read: {error}") from None
        if groups != 1:
            raise ValueError("the pattern needs one group in (…): what it is to find")
        return value


class AnyDelivery(Strict):
    """What every kind may say: how a file of this source is read.

    `unmarked_encoding` is that of a CSV without a byte-order mark. `header_row` is for the reader of the contract:
    the header is found by its names. `total_row` is the word in the row of sums at the end. With `is_snapshot` the
    time of a file is the change time of all its rows.
    """

    kind: str
    unmarked_encoding: Literal["gb18030", "utf-8"] = "gb18030"
    header_row: int | None = Field(default=None, ge=1)
    total_row: str | None = None
    control_total: TitleText | None = None
    changed_at: TitleText | None = None
    is_snapshot: bool = False

    def get(self, key: str, default: Any = None) -> Any:
        """What a key says; `default` where this kind has no such key, or it is not said and has no default."""
        value = getattr(self, key, None)
        return default if value is None else value

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def keys(self) -> Iterator[str]:
        """The keys that are said."""
        return iter(sorted(self.model_fields_set))

    def but(self, **changes: Any) -> Self:
        """The same delivery with other values, checked again."""
        return type(self)(**{**self.model_dump(exclude_unset=True), **changes})


class FilesDelivery(AnyDelivery):
    """Files in a folder or on SFTP. `pattern` is the name of a file with {date}, and {time}, {sequence}, * or ?.

    `format` is for the reader of the contract: the bytes decide. With `marker` a file counts when its .ok is there;
    without one, when it has not changed for a second.
    """

    kind: Literal["files"]
    format: Literal["csv", "excel", "json_lines", "json_lines_or_excel"]
    pattern: str
    marker: Literal["rows_and_sha256"] | None = None

    @field_validator("pattern")
    @classmethod
    def _known_placeholders(cls, value: str) -> str:
        named = re.findall(r"\{([^}]*)\}", value)
        unknown = [name for name in named if name not in PLACEHOLDERS]
        if unknown:
            raise ValueError(
                f"unknown placeholder {{{unknown[0]}}} (allowed: {{date}}, {{time}}, {{sequence}}, *, ?)"
            )
        if "date" not in named:
            raise ValueError("the pattern does not say where a file's name has its {date}")
        return value


class WindowedDelivery(AnyDelivery):
    """What is pulled by the time of change: `order_column` holds it.

    A window begins `overlap_minutes` before the end of the one before; the `reconcile_days` before it are compared
    with what is landed, and what is missing is fetched.
    """

    order_column: str
    overlap_minutes: int = Field(default=0, ge=0)
    reconcile_days: int = Field(default=30, ge=0)


class DatabaseDelivery(WindowedDelivery):
    """A table of an exchange database; the `reconcile_days` are compared by number and change time."""

    kind: Literal["database"]
    table: str


class HmacAuth(Strict):
    """App id (login) and signature by secret (password): X-App-Id, X-Timestamp, X-Nonce, X-Signature."""

    kind: Literal["hmac_sha256"] = "hmac_sha256"


class BearerAuth(Strict):
    """Authorization: Bearer and the connection's password."""

    kind: Literal["bearer"]


class BasicAuth(Strict):
    """HTTP Basic with the connection's login and password."""

    kind: Literal["basic"]


class ApiKeyAuth(Strict):
    """The connection's password in a header of its own."""

    kind: Literal["api_key_header"]
    header: str = Field(default="X-Api-Key", pattern=r"^[A-Za-z0-9-]+$")


Auth = Annotated[HmacAuth | BearerAuth | BasicAuth | ApiKeyAuth, Field(discriminator="kind")]


class Parameters(Strict):
    """How the platform calls the parameters of its query; `since` and `before` bound the time of change.

    `page` and `first_page` are for paging page_number, `offset` for offset, `cursor` for cursor. `fixed` are sent as
    they are with every request.
    """

    since: str = "updatedSince"
    before: str = "updatedBefore"
    size: str | None = "pageSize"
    page: str = "pageNo"
    offset: str = "offset"
    cursor: str = "cursor"
    fixed: dict[str, str] = Field(default_factory=dict)


class Envelope(Strict):
    """Where in an answer its parts stand: paths of keys joined by dots, "." for the answer itself, null for nowhere.

    `success` are the values of `code` that mean success; an answer with another one is an error under HTTP 200.
    `page_size` is what the platform allowed, `cursor` the next page's, `has_more` says false on the last page.
    """

    rows: DottedPath = "data.rows"
    total: DottedPath | None = "data.total"
    page_size: DottedPath | None = "data.pageSize"
    cursor: DottedPath | None = None
    has_more: DottedPath | None = None
    code: DottedPath | None = "code"
    success: tuple[str, ...] = ("0",)

    @field_validator("success", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        several = value if isinstance(value, list | tuple) else (value,)
        return tuple(
            str(item) if isinstance(item, int) and not isinstance(item, bool) else item for item in several
        )


Paging = Literal["page_number", "offset", "cursor"]
TIME_FORMATS = ("epoch_seconds", "epoch_milliseconds", "iso8601")


class RestDelivery(WindowedDelivery):
    """A JSON interface read page by page with GET.

    `time_format` is how the bounds of the window are written: strftime of Beijing time, or one of TIME_FORMATS.
    Without `envelope.total` a window is read until two readings agree.
    """

    kind: Literal["rest"]
    path: str = Field(pattern=r"^/\S*$")
    auth: Auth = HmacAuth()
    paging: Paging = "page_number"
    page_size: int = Field(default=200, ge=1)
    first_page: int = Field(default=1, ge=0, le=1)
    query: Parameters = Parameters()
    time_format: str = "%Y-%m-%d %H:%M:%S"
    envelope: Envelope = Envelope()

    @field_validator("auth", mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @field_validator("time_format")
    @classmethod
    def _tells_the_second(cls, value: str) -> str:
        if value in TIME_FORMATS:
            return value
        moment = datetime(2023, 8, 31, 23, 59, 58)
        try:
            is_exact = datetime.strptime(moment.strftime(value), value) == moment
        except ValueError:
            is_exact = False
        if not is_exact:
            raise ValueError(
                f"not a strftime format that tells day and second (%Y-%m-%d %H:%M:%S), nor one of {', '.join(TIME_FORMATS)}"
            )
        return value

    @model_validator(mode="after")
    def _paging_has_its_paths(self) -> Self:
        if (self.paging == "cursor") != (self.envelope.cursor is not None):
            raise ValueError(
                "envelope.cursor says where the next cursor stands: with paging cursor, and with it alone"
            )
        if "first_page" in self.model_fields_set and self.paging != "page_number":
            raise ValueError("first_page goes with paging page_number")
        return self


Delivery = Annotated[RestDelivery | DatabaseDelivery | FilesDelivery, Field(discriminator="kind")]
