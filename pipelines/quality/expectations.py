"""The one place that speaks to Great Expectations: a frame of counts and the checks on its columns.

Great Expectations works on pandas frames only here (its SQL path is broken on DuckDB), inside an ephemeral
context that writes no file, and is imported when first needed (seconds). Only aggregates of a column are
asked for (a sum or a greatest value), so no result and no page can hold a failing value. A crash inside it is
reported as `crashed`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipelines.quality.report import write_page
from pipelines.quality.results import CheckResult, CheckStatus, crashed, reason_of

if TYPE_CHECKING:
    import pandas as pd

RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": 0, "include_unexpected_rows": False}


@dataclass(frozen=True)
class Check:
    """One thing that must hold: the sum (or the greatest value) of a frame's column lies within two
    bounds.
    """

    check_name: str
    subject: str
    column: str
    description: str
    is_blocking: bool = True
    measure: Literal["sum", "max"] = "sum"
    at_least: int | None = 0
    at_most: int | None = 0
    unit: str = ""

    @property
    def expected(self) -> str:
        """The bounds as a person reads them: `0`, `at most 5 %`, `at least 1`."""
        if self.at_least == self.at_most:
            return f"{self.at_least}{self.unit}"
        if self.at_most is not None:
            return f"at most {self.at_most}{self.unit}"
        return f"at least {self.at_least}{self.unit}"


def validate(
    title: str, frame: pd.DataFrame, checks: Sequence[Check], page: Path | None = None
) -> list[CheckResult]:
    """Validate a frame of integer columns and, with `page`, write Great Expectations' page of it.

    A column that is missing, empty or has no value in some row makes its checks `crashed`: Great Expectations
    would add up what is there and let it pass.
    """
    sound = [check for check in checks if _has_every_value(frame, check.column)]
    results = {
        id(check): _dead(check, f"no complete column {check.column} in the frame")
        for check in checks
        if not _has_every_value(frame, check.column)
    }
    if sound:
        try:
            validation = _validation(title, frame, sound)
        except Exception as error:  # whatever the tool dies of is a crash of the checks, not their verdict
            results |= {id(check): _dead(check, reason_of(error)) for check in sound}
        else:
            outcomes = {item.expectation_config.meta["position"]: item for item in validation.results}
            results |= {id(check): _result(check, outcomes.get(place)) for place, check in enumerate(sound)}
            if page is not None:
                write_page(page, title, validation, {check.column: check.description for check in sound})
    return [results[id(check)] for check in checks]


def has_raised(exception_info: Mapping[str, Any] | None) -> bool:
    """Whether Great Expectations' `exception_info` tells of a crash: flat, or one entry a metric that
    died.
    """
    if not exception_info:
        return False
    if "raised_exception" in exception_info:
        return bool(exception_info["raised_exception"])
    return any(has_raised(part) for part in exception_info.values() if isinstance(part, Mapping))


def preload() -> None:
    """Begin to import Great Expectations in the background, while the database works; nobody waits for it."""
    import pandas as pd  # noqa: F401  (first, in this thread: pandas and pyarrow import one another)

    threading.Thread(target=_great_expectations, name="great-expectations-import", daemon=True).start()


@cache
def _great_expectations() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def _context() -> Any:
    gx = _great_expectations()
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )


def _validation(title: str, frame: pd.DataFrame, checks: Sequence[Check]) -> Any:
    gx, context = _great_expectations(), _context()
    kinds = {
        "sum": gx.expectations.ExpectColumnSumToBeBetween,
        "max": gx.expectations.ExpectColumnMaxToBeBetween,
    }
    asset = context.data_sources.add_pandas(title).add_dataframe_asset("frame")
    batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(name=title)
    suite.expectations = [
        kinds[check.measure](
            column=check.column,
            min_value=check.at_least,
            max_value=check.at_most,
            severity="critical" if check.is_blocking else "warning",
            notes=f"{check.check_name} [{check.subject}]: {check.description}",
            meta={"position": place},
        )
        for place, check in enumerate(checks)
    ]
    return batch.validate(suite, result_format=RESULT_FORMAT)


def _result(check: Check, outcome: Any) -> CheckResult:
    if outcome is None:
        return _dead(check, "no answer")
    if has_raised(outcome.exception_info):
        return _dead(check, "Great Expectations raised an exception")
    value = (outcome.result or {}).get("observed_value")
    if value is None:
        return _dead(check, "nothing observed")
    status: CheckStatus = "passed" if outcome.success else "failed" if check.is_blocking else "warned"
    return CheckResult(
        check.check_name,
        check.subject,
        check.is_blocking,
        status,
        int(value),
        check.expected,
        check.description,
    )


def _dead(check: Check, why: str) -> CheckResult:
    return crashed(check.check_name, check.subject, check.is_blocking, check.expected, check.description, why)


def _has_every_value(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and len(frame) > 0 and not bool(frame[column].isna().any())
