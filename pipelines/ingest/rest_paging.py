"""How the pages of a window are asked for, one after another, and how one knows that the last one has come."""

from __future__ import annotations

from datetime import datetime

from pipelines.contracts import RestDelivery
from pipelines.errors import SourceAnswerBroken
from pipelines.ingest.rest_answers import AnswerPage
from pipelines.ingest.windows import BEIJING_OFFSET, Window

BEGINNING = datetime(1900, 1, 1)
EPOCH = datetime(1970, 1, 1)


class Pages:
    """The pages of one window: `query` asks for the next one, `take` looks at its answer.

    With a total the last page is the one that reaches it; without one, the one that says so (`has_more`, no further
    cursor), else an empty page: a short page proves nothing, the platform may allow fewer rows than asked for.
    """

    def __init__(self, source: str, delivery: RestDelivery, window: Window) -> None:
        self.source, self.delivery = source, delivery
        self.size = delivery.page_size
        self.number, self.offset = 0, 0
        self.cursor: str | None = None
        self.cursors: set[str] = set()
        self.is_done = False
        self.last: AnswerPage | None = None
        names = delivery.query
        since = BEGINNING if window.since is None else window.since
        self.fixed = {
            **names.fixed,
            names.since: written_time(since, delivery.time_format),
            names.before: written_time(window.before, delivery.time_format),
        }

    @property
    def name(self) -> str:
        """The page asked for, in words."""
        if self.delivery.paging == "offset":
            return f"offset {self.offset}"
        return f"page {self.number + 1}"

    def query(self) -> dict[str, str]:
        """The parameters of the next page."""
        names, paging = self.delivery.query, self.delivery.paging
        asked = dict(self.fixed)
        if names.size is not None:
            asked[names.size] = str(self.size)
        if paging == "page_number":
            asked[names.page] = str(self.number + self.delivery.first_page)
        elif paging == "offset":
            asked[names.offset] = str(self.offset)
        elif self.cursor is not None:
            asked[names.cursor] = self.cursor
        return asked

    def take(self, page: AnswerPage) -> None:
        """Look at the answer: whether it was the last, else where the next page begins."""
        self.number += 1
        self.offset += len(page.rows)
        if page.allowed_size is not None and 0 < page.allowed_size < self.size:
            self.size = page.allowed_size
        if self.delivery.paging == "cursor":
            self._follow(page)
        elif page.has_more is False or not page.rows:
            self.is_done = True
        elif page.total is not None:
            reached = self.offset if self.delivery.paging == "offset" else self.number * self.size
            self.is_done = reached >= page.total
        elif self.last is not None and page.rows == self.last.rows:
            raise self._broken("the platform answers the same page again", "the name of the paging parameter")
        self.last = page

    def _follow(self, page: AnswerPage) -> None:
        self.cursor = page.cursor
        if page.cursor is None or page.has_more is False:
            self.is_done = True
        elif page.cursor in self.cursors:
            raise self._broken("the platform leads back to a page that was read", "envelope.cursor")
        else:
            self.cursors.add(page.cursor)

    def _broken(self, what: str, look_at: str) -> SourceAnswerBroken:
        return SourceAnswerBroken(
            self.source,
            what,
            where=f"GET {self.delivery.path} {self.name}",
            remedy=f"compare {look_at} in the contract's delivery with the interface",
        )


def written_time(moment: datetime, form: str) -> str:
    """A bound of the window as the platform wants it; `moment` is Beijing time."""
    if form == "iso8601":
        return f"{moment.isoformat()}+08:00"
    if form in ("epoch_seconds", "epoch_milliseconds"):
        seconds = max(0, int((moment - BEIJING_OFFSET - EPOCH).total_seconds()))
        return str(seconds * 1000 if form == "epoch_milliseconds" else seconds)
    return moment.strftime(form)
