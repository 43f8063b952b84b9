"""The page in a real browser: it needs no network, shows the key figures, and keeps to the width of its window."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.publish import Figures, collect, write
from pipelines.publish.wording import count, share, wan
from pipelines.store import Workspace
from tests.publish_harness import InventedCity, city_settings, invented_context

pytestmark = pytest.mark.browser
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
IS_REQUIRED = os.environ.get("CLEARANCE_REQUIRE_BROWSER") == "1"
WIDTHS = (390, 1024, 1600)


@dataclass
class Page:
    file: Path
    figures: Figures
    profile: Path


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if BROWSER is None:
        if IS_REQUIRED:
            pytest.fail("CLEARANCE_REQUIRE_BROWSER=1, but there is no Chromium on this machine")
        pytest.skip("no Chromium on this machine: the page is not looked at (apt-get install chromium)")
    workspace = Workspace.open(tmp_path_factory.mktemp("workspace"))
    city = InventedCity(tickets=400)
    with workspace.warehouse() as connection:
        folder = write(workspace, connection, city_settings(), city.fill(connection), invented_context(city))
        figures = collect(connection, city.business_date)
    yield Page(folder / "index.html", figures, tmp_path_factory.mktemp("profile"))


def open_page(page: Page, *arguments: str, width: int = 1600) -> str:
    """What the browser prints for the page's address."""
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={page.profile}",
        f"--window-size={width},1200", *arguments, page.file.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout


@pytest.fixture(scope="module")
def dom(page: Page) -> str:
    return open_page(page, "--dump-dom")


def shown(dom: str) -> str:
    """The text a reader sees, without style and embedded figures."""
    body = re.sub(r"<(style|script|title)\b.*?</\1>", " ", dom, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", body))


def test_the_key_figures_show(page: Page, dom: str) -> None:
    text, key = shown(dom), page.figures.key()
    for name in (
        "tickets_open",
        "leads_open",
        "tickets_overdue",
        "tickets_known",
        "leads_known",
        "quarantined",
        "replies_owed",
    ):
        assert f'data-figure="{name}">{count(key[name])}<' in dom, name
    assert share(key["tickets_known_on_time"], key["tickets_known_closed"]) in text
    assert share(key["tickets_due_on_time"], key["tickets_due"]) in text
    assert wan(key["recovered_fen"]) in text
    assert "信访信息系统导出未报送8月31日数据" in text
    assert "演示数据" in text


def requests_of(page: Page, log: Path) -> set[str]:
    """The addresses that the page itself asks for; what Chromium does on its own has no initiator."""
    open_page(page, f"--log-net-log={log}", "--dump-dom")
    events: list[dict[str, Any]] = json.loads(log.read_text(encoding="utf-8"))["events"]
    asked = [event["params"] for event in events if "url" in event.get("params", {})]
    return {
        params["url"]
        for params in asked
        if params["url"].startswith(("http:", "https:", "ws:", "wss:", "ftp:"))
        and params.get("initiator", "not an origin") != "not an origin"
    }


def test_no_request_leaves_the_page(page: Page, tmp_path: Path) -> None:
    assert requests_of(page, tmp_path / "net.json") == set()
    text = page.file.read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)\s*=\s*["'](https?:)?//""", text), (
        "the page names an address on the network"
    )
    assert "url(" not in text and "@import" not in text
    assert "default-src 'none'" in text, "the page forbids the browser to load anything"


def test_a_request_would_be_seen(page: Page, tmp_path: Path) -> None:
    """The same look at a page that does ask for a picture: the test above can fail."""
    file = tmp_path / "asking.html"
    file.write_text('<img src="http://127.0.0.1:9/picture.png">', encoding="utf-8")
    asked = requests_of(Page(file, page.figures, page.profile), tmp_path / "net.json")
    assert asked == {"http://127.0.0.1:9/picture.png"}


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_keeps_to_the_window(page: Page, tmp_path: Path, width: int) -> None:
    """A wide table scrolls in its own region; the page itself never scrolls sideways."""
    frame = tmp_path / "frame.html"
    source = page.file.read_text(encoding="utf-8")
    probe = (
        "<script>document.documentElement.dataset.wide = "
        "document.documentElement.scrollWidth + '/' + document.documentElement.clientWidth</script></body>"
    )
    source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source).replace("</body>", probe)
    page_file = tmp_path / "page.html"
    page_file.write_text(source, encoding="utf-8")
    # Chromium makes no window narrower than about 500 pixels; a frame can be.
    inner = html.escape(
        source.replace("dataset.wide = ", "dataset.wide = parent.document.documentElement.dataset.wide = "),
        quote=True,
    )
    frame.write_text(
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{inner}"></iframe>', encoding="utf-8"
    )
    printed = open_page(Page(frame, page.figures, page.profile), "--dump-dom", width=max(width + 40, 600))
    found = re.search(r'data-wide="(\d+)/(\d+)"', printed)
    assert found, "the probe did not run"
    assert int(found[2]) == width
    assert int(found[1]) <= width, f"at {width} px the page is {found[1]} px wide"


def test_tables_can_be_read_aloud(dom: str) -> None:
    for table in re.findall(r"<table.*?</table>", dom, re.DOTALL):
        heads = re.findall(r"<th\b[^>]*>", table)
        assert heads and all("scope=" in head for head in heads), table[:200]
    assert '<html lang="zh-CN"' in dom
    assert all("<title>" in drawing for drawing in re.findall(r"<svg.*?</svg>", dom, re.DOTALL))


def test_it_prints_on_a4_landscape(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "page.pdf"
    open_page(page, "--no-pdf-header-footer", f"--print-to-pdf={file}")
    boxes = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", file.read_bytes())
    assert boxes, "the page could not be printed"
    for width, height in boxes:
        assert (round(float(width)), round(float(height))) == (842, 595), "A4 landscape, in points"
    assert len(boxes) <= 8, "the whole day, campaign, indicators and formulas included"
