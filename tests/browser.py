"""Debian's chromium, where there is one: what a page looks like, and what its scripts find out."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")


def run(*options: str) -> str:
    assert CHROMIUM
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    done = subprocess.run(
        [CHROMIUM, *quiet, *options], capture_output=True, check=True, timeout=120, encoding="utf-8"
    )
    return done.stdout


def asked(page: Path, body: str, script: str) -> str:
    """What a script finds out about a page; it gives a text."""
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{body}<pre id=answer></pre>"
        f"<script>document.getElementById('answer').textContent = ({script})()</script>",
        encoding="utf-8",
    )
    found = re.search(
        r'<pre id="answer">(.*?)</pre>', run("--dump-dom", f"file://{page}"), re.DOTALL
    )
    assert found
    return html.unescape(found[1])
