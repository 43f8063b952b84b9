"""The check report: pages made by Great Expectations, fit to be opened from a file share, and a first page of
ours.

Great Expectations' pages load styles, scripts and pictures from the internet; here these are taken out and a
small style sheet is put in, so that a page needs nothing but itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.quality.results import CheckResult
from pipelines.store import write_atomically

STATUS_NAMES = {"crashed": "检查出错", "failed": "未通过", "warned": "提醒", "passed": "通过"}
STYLE = """
body{font-family:"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:1.5rem;color:#222;max-width:75rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{border:1px solid #ccc;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{background:#f2f4f7}td.number{text-align:right;white-space:nowrap}
.crashed,.failed{background:#fdecea}.warned{background:#fff6df}
.col-lg-2,.navbar,.ge-breadcrumbs,footer,.modal,.card-footer{display:none}
.fa-check-circle::before{content:"✔";color:#197a3e}.fa-times::before{content:"✘";color:#b3261e}
.fa-exclamation-triangle::before{content:"⚠";color:#9a6700}.badge{border:1px solid #ccc;padding:0 .3rem}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write_page(page: Path, title: str, validation: Any, notes: Mapping[str, str]) -> None:
    """Write Great Expectations' page of one validation to `page`, without anything from the internet.

    `notes` says in plain words what is asked of each column of the frame.
    """
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    # When and in which memory the frame was made is no part of the report: the same day makes the same pages.
    validation.meta.update(batch_markers={}, batch_spec={})
    view: Any = DefaultJinjaPageView()
    made = view.render(ValidationResultsPageRenderer().render(validation))
    write_atomically(page, _annotated(offline(made, title), notes).encode())


def offline(page: str, title: str) -> str:
    """An HTML page without scripts, linked files, pictures and outside links, with our style and a way
    back.
    """
    for pattern in (
        r"<script\b.*?</script\s*>",
        r"<style\b.*?</style\s*>",
        r"<title\b.*?</title\s*>",
        r"<link\b[^>]*>",
        r"<img\b[^>]*>",
        r"<meta\b[^>]*>",
        r"<base\b[^>]*>",
        r"<button\b.*?</button\s*>",
        r"<footer\b.*?</footer\s*>",
    ):
        page = re.sub(pattern, "", page, flags=re.DOTALL | re.IGNORECASE)
    page = re.sub(
        r"<a\b[^>]*href=\"(?!#)[^\"]*\"[^>]*>(.*?)</a\s*>", r"\1", page, flags=re.DOTALL | re.IGNORECASE
    )
    page = re.sub(r"\son\w+=\"[^\"]*\"", "", page, flags=re.IGNORECASE)
    page = re.sub(r"https?://[^\s\"'<>)]*", "", page)
    page = re.sub(r"\n\s*\n+", "\n", page)
    # Ids made at random for folding: the same checks make the same page.
    page = re.sub(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "part", page)
    head = f"<head>{_head(title)}"
    back = '<p><a href="index.html">← 检查报告首页</a></p>'
    page = re.sub(r"<head\b[^>]*>", lambda _: head, page, count=1, flags=re.IGNORECASE)
    return re.sub(r"(<body\b[^>]*>)", lambda match: match.group(1) + back, page, count=1, flags=re.IGNORECASE)


def _annotated(page: str, notes: Mapping[str, str]) -> str:
    def note(match: re.Match[str]) -> str:
        text = notes.get(match[2].strip())
        return match[0] if text is None else f"{match[1]}{match[2].strip()}</h5><p>{html.escape(text)}</p>"

    return re.sub(r"(<h5\b[^>]*>)([^<]*)</h5>", note, page)


def write_report(report_folder: Path, business_date: date, results: Sequence[CheckResult]) -> Path:
    """Write `index.html`: every check with its outcome, what needs a person first, and links to the pages."""
    order = {status: place for place, status in enumerate(STATUS_NAMES)}
    ranked = sorted(
        results, key=lambda item: (order[item.status], not item.is_blocking, item.check_name, item.subject)
    )
    counts = "，".join(
        f"{name} {sum(item.status == status for item in results)} 项" for status, name in STATUS_NAMES.items()
    )
    rows = "\n".join(
        f'<tr class="{item.status}"><td>{STATUS_NAMES[item.status]}</td>'
        f"<td>{'是' if item.is_blocking else '否'}</td>"
        f"<td>{html.escape(item.check_name)}</td><td>{html.escape(item.subject)}</td>"
        f'<td class="number">{"" if item.observed is None else item.observed}</td>'
        f'<td class="number">{html.escape(item.expected)}</td><td>{html.escape(item.description)}</td></tr>'
        for item in ranked
    )
    pages = "\n".join(
        f'<li><a href="{html.escape(page.name)}">{html.escape(page.stem)}</a></li>'
        for page in sorted(report_folder.glob("*.html"))
        if page.name != "index.html"
    )
    title = f"检查报告 {business_date.isoformat()}"
    content = f"""<!DOCTYPE html>
<html lang="zh"><head>{_head(title)}</head><body>
<h1>{title}</h1>
<p>{counts}。带"是"的检查不通过时不予公布。本报告只有计数，不含任何一行的内容。</p>
<table><thead><tr><th>结果</th><th>是否阻断</th><th>检查</th><th>对象</th><th>实测</th><th>应为</th><th>说明</th></tr></thead>
<tbody>
{rows}
</tbody></table>
<h2>明细（Great Expectations）</h2>
<ul>
{pages}
</ul>
</body></html>
"""
    index = report_folder / "index.html"
    write_atomically(index, content.encode())
    return index


def _head(title: str) -> str:
    return (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
    )
