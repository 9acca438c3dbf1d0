"""Debian's chromium, where there is one: what a page looks like, and what its scripts find out."""

import html
import json
import re
import shutil
import subprocess
from importlib.resources import files as resource_files
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here")


def run(*options: str) -> str:
    assert CHROMIUM
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars")
    done = subprocess.run(
        [CHROMIUM, *quiet, *options], capture_output=True, check=True, timeout=300, encoding="utf-8"
    )
    return done.stdout


def audited(page: Path, document: str, *options: str) -> list[object]:
    """What axe finds wrong in a document, as a browser with these options shows it."""
    axe = (resource_files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    ask = """axe.run(document, {resultTypes: ["violations"]}).then((found) => {
      const told = found.violations.map((v) => [v.id, v.help, v.nodes[0].html.slice(0, 200)]);
      document.getElementById("answer").textContent = JSON.stringify(told);
    })"""
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", document)
    script = f"<pre id=answer></pre><script>{axe.replace('</script', '')}</script>"
    page.write_text(free.replace("</body>", f"{script}<script>{ask}</script></body>"), "utf-8")
    dom = run(*options, "--virtual-time-budget=90000", "--dump-dom", f"file://{page}")
    return list(json.loads(_answer(dom)))


def asked(page: Path, body: str, script: str) -> str:
    """What a script finds out about a page; it gives a text."""
    page.write_text(
        f"<!doctype html><meta charset=utf-8>{body}<pre id=answer></pre>"
        f"<script>document.getElementById('answer').textContent = ({script})()</script>",
        encoding="utf-8",
    )
    return _answer(run("--dump-dom", f"file://{page}"))


def _answer(dom: str) -> str:
    found = re.findall(r'<pre id="answer">(.*?)</pre>', dom, re.DOTALL)
    return html.unescape(found[-1])
