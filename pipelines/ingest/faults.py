"""Faults by name: what an error of a source is called, in one word for machines, in Chinese for the page, and the
section of docs/runbook.md that says what to do.

The error's class says who has to act; the fault says on what. The messages are ours (pipelines/ingest), and a test
holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.errors import ClearanceError


@dataclass(frozen=True)
class Fault:
    """`name` for machines, `zh` for the page, `heading` of its section in docs/runbook.md, `pattern` of its message."""

    name: str
    error: str
    pattern: str
    zh: str
    heading: str


FAULTS = (
    Fault("folder_missing", "SourceUnreachable", r"folder is not there|folder cannot be read",
          "共享目录读不到", "Folder not there"),
    Fault("broke_off", "SourceUnreachable", r"longer than|within \d+ s|no whole answer \(.*(Read|Remote)",
          "对方无应答或中断", "Source does not answer"),
    Fault("unreachable", "SourceUnreachable", r"", "连接不上", "Source does not answer"),
    Fault("busy", "SourceBusy", r"", "对方限流", "Source is busy"),
    Fault("error_answer", "SourceAnswerBroken", r"error under HTTP 200", "对方返回错误", "Source answers with an error"),
    Fault("half_answer", "SourceAnswerBroken", r"", "应答不完整", "Answer broken"),
    Fault("incomplete", "SourceIncomplete", r"", "总数对不上", "Control total does not add up"),
    Fault("half_written", "SourceNotReady", r"still being written", "文件未写完", "File still being written"),
    Fault("not_there", "SourceNotReady", r"", "尚无当日文件", "Source late"),
    Fault("host_key", "SourceRejectedUs", r"another host key", "被拒绝：服务器密钥变了", "Host key changed"),
    Fault("rights", "SourceRejectedUs", r"may not read|is not there", "被拒绝：路径或读取权限", "Source refuses us"),
    Fault("rejected", "SourceRejectedUs", r"", "被拒绝：口令、签名或权限", "Source refuses us"),
    Fault("marker", "DeliveryRefused", r"marker|SHA-256", "文件与校验标记不符", "Marker does not fit"),
    Fault("columns", "DeliveryRefused", r"required column|type of .* changed",
          "表头变了，已拒收", "Column missing or renamed"),
    Fault("too_large", "DeliveryRefused", r"more than MAX_|longer than MAX_", "超出限额，已拒收", "Delivery beyond a limit"),
    Fault("refused", "DeliveryRefused", r"", "文件不合约定，已拒收", "Delivery refused"),
    Fault("disk_full", "PublicationError", r"disk is full", "磁盘已满", "Disk full"),
    Fault("connection_wrong", "ConfigurationError", r"", "连接配置有误", "Configuration wrong"),
    Fault("contract_wrong", "ContractError", r"", "来源约定有误", "Configuration wrong"),
)  # fmt: skip
UNEXPECTED = Fault("unexpected", "", "", "程序出错", "Unexpected error")


def fault_of(kind: str, what: str) -> Fault:
    """The fault of an error's class and message."""
    return next((item for item in FAULTS if item.error == kind and re.search(item.pattern, what)), UNEXPECTED)


def fault_of_error(error: BaseException) -> Fault:
    """The fault of an error; of an unexpected one, too."""
    return fault_of(type(error).__name__, error.what if isinstance(error, ClearanceError) else "")
