"""How the national platform misbehaves: what becomes of one answer, and of a whole day."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from fastapi import Response
from starlette.types import Receive, Scope, Send

from examples.upstream.servers.faults import MOST_IN_A_ROW, Fault, Faults, day_shown

ANSWERS = (
    Fault.HTTP_401_ONCE,
    Fault.NONCE_REPEATED,
    Fault.HTTP_429,
    Fault.HTTP_5XX,
    Fault.ERROR_UNDER_200,
    Fault.CUT_CONNECTION,
    Fault.HALF_BODY,
    Fault.SLOW,
    Fault.TOTAL_WRONG,
)
ONCE = (Fault.HTTP_401_ONCE, Fault.NONCE_REPEATED)
SLOW_SECONDS = 0.5
# So often, at one simulated instant, a window's rows move, and a total is wrong: then a quiet reading can be had.
MOST_SHIFTS = 2
MOST_WRONG_TOTALS = 2


class NationalFaults:
    """Decides by simulated instant and number of the request; safe to ask from several threads."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._lock = threading.Lock()
        self._until = datetime.min
        self._requests = 0
        self._in_a_row = 0
        self._wrong_totals = 0
        self._shifts: Counter[tuple[str, str]] = Counter()

    def advance(self, until: datetime) -> None:
        """A new simulated instant: requests are counted from one again."""
        with self._lock:
            self._until, self._requests, self._in_a_row, self._wrong_totals = until, 0, 0, 0
            self._shifts.clear()

    def of_answer(self) -> Fault | None:
        """What befalls the next answer; after MOST_IN_A_ROW faulty ones (a false refusal: after one), nothing."""
        with self._lock:
            self._requests += 1
            fault = self.faults.one_of(ANSWERS, self._until, self._requests, good_at=self._until)
            is_worn_out = fault is Fault.TOTAL_WRONG and self._wrong_totals >= MOST_WRONG_TOTALS
            if fault is None or is_worn_out or self._in_a_row >= MOST_IN_A_ROW:
                self._in_a_row = 0
                return None
            self._wrong_totals += fault is Fault.TOTAL_WRONG
            self._in_a_row = MOST_IN_A_ROW if fault in ONCE else self._in_a_row + 1
        self.faults.meet(fault)
        return fault

    def of_day(self, fault: Fault) -> bool:
        """Whether a fault lasts all of the present day. Counts nothing."""
        return self.faults.strikes_day(fault, day_shown(self._until))

    def skew_seconds(self) -> int:
        """How far the platform's clock is off today; 0 on most days."""
        if not self.of_day(Fault.CLOCK_SKEW):
            return 0
        luck = self.faults.chance(Fault.CLOCK_SKEW, "seconds", day_shown(self._until))
        return luck.choice((-1, 1)) * luck.randint(400, 4000)

    def moves_rows(self, window: tuple[str, str], number: int) -> bool:
        """Whether rows of the window move to its end before page `number` is read."""
        if number < 2 or self._shifts[window] >= MOST_SHIFTS:
            return False
        if not self.faults.strikes(Fault.ROWS_SHIFT, self._until, self._requests, good_at=self._until):
            return False
        self._shifts[window] += 1
        self.faults.meet(Fault.ROWS_SHIFT)
        return True

    def response(self, fault: Fault | None, text: str) -> Response:
        """The answer that says `text`, or what a fault makes of it."""
        luck = self.faults.chance(fault, "kind", self._until, self._requests)
        if fault is Fault.HTTP_401_ONCE:
            return answer('{"code":401,"message":"wrong signature","data":null}', 401)
        if fault is Fault.NONCE_REPEATED:
            return answer('{"code":401,"message":"nonce missing or used before","data":null}', 401)
        if fault is Fault.HTTP_429:
            is_date = luck.random() < 0.3
            moment = datetime.now(UTC) + timedelta(seconds=2)
            after = format_datetime(moment, usegmt=True) if is_date else "1"
            return answer(
                '{"code":429,"message":"too many requests","data":null}', 429, {"Retry-After": after}
            )
        if fault is Fault.HTTP_5XX:
            return Response(
                "<html>Bad Gateway</html>", luck.choice((500, 502, 503, 504)), media_type="text/html"
            )
        if fault is Fault.ERROR_UNDER_200:
            return answer('{"code":5001,"message":"system busy","data":null}')
        if fault is Fault.CUT_CONNECTION:
            return _Unfinished(text, share=0)
        if fault is Fault.HALF_BODY:
            return _Unfinished(text, share=0.5)
        if fault is Fault.SLOW:
            return _Unfinished(text, share=0.5, then_seconds=SLOW_SECONDS)
        return answer(text)


def answer(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(text.encode(), status, headers, media_type="application/json")


class _Unfinished(Response):
    """Promises the whole length and sends a share of it; the rest comes after a pause, or the connection ends."""

    def __init__(self, text: str, share: float, then_seconds: float | None = None) -> None:
        super().__init__(text.encode(), media_type="application/json")
        self._sent = int(len(self.body) * share)
        self._then_seconds = then_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: self._sent], "more_body": True})
        if self._then_seconds is None:
            return
        await asyncio.sleep(self._then_seconds)
        await send({"type": "http.response.body", "body": body[self._sent :]})
