"""The strategy as a page: for every reader, with and without a script, on screen and on paper."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from browser import audited, needs_browser, run
from documents import HOTEL, document

DARK = "--blink-settings=preferredColorScheme=0"


@pytest.fixture(scope="module")
def page() -> str:
    return document(HOTEL, "html")


@needs_browser
@pytest.mark.parametrize(
    "options", [[], [DARK], ["--window-size=360,800"]], ids=["light", "dark", "phone"]
)
def test_axe_finds_nothing(page: str, options: list[str], tmp_path: Path) -> None:
    assert audited(tmp_path / "page.html", page, *options) == []


@needs_browser
def test_axe_finds_nothing_in_a_hand_out(tmp_path: Path) -> None:
    assert audited(tmp_path / "page.html", document(HOTEL, "html", community="Kitchen")) == []


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert re.findall(r"https?://(?!www\.w3\.org)", page) == []


@needs_browser
def test_it_reads_without_a_script_and_opens_reasons_with_one(page: str, tmp_path: Path) -> None:
    """A click on `why?` opens the reason; without a script the same link leads to it."""
    assert re.search(r'<a class="why" href="#reason-\d+"', page)
    path = tmp_path / "page.html"
    click = 'document.querySelector("a.why").click();'
    click += 'document.title = document.querySelector(":popover-open").id'
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    path.write_text(free.replace("</body>", f"<script>{click}</script></body>"), encoding="utf-8")
    assert re.search(r"<title>reason-\d+</title>", run("--dump-dom", f"file://{path}"))


@needs_browser
def test_page_1_is_one_page(page: str, tmp_path: Path) -> None:
    """Printed, the recommendation with its picture ends where the advice begins: on page 2."""
    path, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    first = re.sub(r'<section id="advice".*</main>', "</main>", page, flags=re.DOTALL)
    path.write_text(first, encoding="utf-8")
    run("--no-pdf-header-footer", f"--print-to-pdf={printed}", f"file://{path}")
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == 1
