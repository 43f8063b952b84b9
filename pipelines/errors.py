"""Every error this software raises on purpose, as one tree.

ClearanceError
├── ConfigurationError            exit 3   a file of ours or a setting is wrong
│   ├── ContractError                      schemas/ or cities/ does not say what it must
│   ├── CalendarMissing                    a year without calendar data: never a silent guess
│   └── WorkspaceVersionError              a workspace of another layout
├── SourceError                   exit 4   a source system did not deliver
│   ├── SourceUnreachable                  no connection, time-out, cut connection, 5xx      (retry)
│   ├── SourceBusy                         429; `retry_after` seconds                        (retry)
│   ├── SourceAnswerBroken                 half a body, not JSON, an error under HTTP 200    (retry)
│   ├── SourceIncomplete                   the control total does not add up                 (retry)
│   ├── SourceNotReady                     nothing there yet, or still being written         (retry later)
│   └── SourceRejectedUs                   wrong secret, signature, password, path           (never)
├── DeliveryRefused               exit 5   a file or answer is not what the contract says    (never)
├── WarehouseLocked               exit 6   a second writer
├── GateFailed                    exit 7   a blocking check failed: nothing was published
├── CheckCrashed                  exit 8   a check itself died: that is not a failed check
├── PublicationError              exit 9   out of order, disk full, artifacts that disagree
└── UnknownSubject                exit 2   no such ticket, lead, source or date

Each says what happened, where (source, file, row) and what to do. No message carries personal data: no value
of a row is ever put into one.
"""

from __future__ import annotations


class ClearanceError(Exception):
    """Base of all. `what` happened, `where` it happened, what to do about it (`remedy`)."""

    exit_code = 1
    is_retryable = False

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        super().__init__(what)

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.remedy:
            lines.append(f"  to do: {self.remedy}")
        return "\n".join(lines)


class ConfigurationError(ClearanceError):
    exit_code = 3


class ContractError(ConfigurationError):
    pass


class CalendarMissing(ConfigurationError):
    pass


class WorkspaceVersionError(ConfigurationError):
    pass


class SourceError(ClearanceError):
    exit_code = 4

    def __init__(self, source: str, what: str, *, where: str = "", remedy: str = "") -> None:
        self.source = source
        super().__init__(f"{source}: {what}", where=where, remedy=remedy)


class SourceUnreachable(SourceError):
    is_retryable = True


class SourceBusy(SourceError):
    is_retryable = True

    def __init__(
        self, source: str, what: str, *, retry_after: float, where: str = "", remedy: str = ""
    ) -> None:
        self.retry_after = retry_after
        super().__init__(source, what, where=where, remedy=remedy)


class SourceAnswerBroken(SourceError):
    is_retryable = True


class SourceIncomplete(SourceError):
    is_retryable = True


class SourceNotReady(SourceError):
    is_retryable = True


class SourceRejectedUs(SourceError):
    pass


class DeliveryRefused(SourceError):
    exit_code = 5


class WarehouseLocked(ClearanceError):
    exit_code = 6
    is_retryable = True


class GateFailed(ClearanceError):
    """`checks` names the blocking checks that failed."""

    exit_code = 7

    def __init__(self, what: str, *, checks: list[str], where: str = "", remedy: str = "") -> None:
        self.checks = checks
        super().__init__(what, where=where, remedy=remedy)


class CheckCrashed(ClearanceError):
    exit_code = 8


class PublicationError(ClearanceError):
    exit_code = 9


class UnknownSubject(ClearanceError):
    exit_code = 2
