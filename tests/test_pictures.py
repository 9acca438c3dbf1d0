"""Pictures as a browser draws them: nothing overlaps, whatever the names and however many."""

import json
import re
from pathlib import Path

import pytest
from browser import asked, needs_browser
from large_engagement import write_large

from cop_expert.pipeline import conclude
from cop_expert.report.render import Request, render
from cop_expert.resources import resource

LAID_OUT = """() => {
  const faults = [];
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")];
    const boxes = texts.map((text) => text.getBoundingClientRect());
    const tell = (what, ...which) =>
      faults.push([svg.classList[0], what, ...which.map((n) => texts[n].textContent)]);
    boxes.forEach((a, n) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1) tell("outside", n);
      if (a.top < frame.top - 1 || a.bottom > frame.bottom + 1) tell("outside", n);
      boxes.forEach((b, m) => {
        if (m <= n) return;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 3) tell("overlap", n, m);
      });
      for (const rect of svg.querySelectorAll("rect.unit, rect.community")) {
        const b = rect.getBoundingClientRect();
        const beside = a.left >= b.right || a.right <= b.left;
        const touches = !beside && a.top < b.bottom && a.bottom > b.top;
        if (touches && (a.right > b.right || a.bottom > b.bottom + 3)) tell("bursts its box", n);
      }
    });
  }
  return JSON.stringify(faults);
}"""
HOTEL, NORTHWATER = (resource(f"kb/examples/{name}") for name in ("grand-hotel", "northwater"))


def drawn(folder: Path) -> list[str]:
    run = conclude(folder)
    document = render(run.facts, run.rulebook, run.manifest, folder, Request("html")).decode()
    return re.findall(r"<svg.*?</svg>", document, re.DOTALL)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    write_large(folder, communities=40, items=400)
    return folder


@needs_browser
@pytest.mark.parametrize("which", ["three", "ten", "forty"])
def test_nothing_overlaps(which: str, large: Path, tmp_path: Path) -> None:
    pictures = drawn({"three": HOTEL, "ten": NORTHWATER, "forty": large}[which])
    assert len(pictures) >= 5
    style = resource("reports/templates/strategy.css").read_text(encoding="utf-8")
    body = f'<style>{style}</style><main style="width:60rem">{"".join(pictures)}</main>'
    assert json.loads(asked(tmp_path / "page.html", body, LAID_OUT)) == []


@pytest.mark.parametrize("folder", [HOTEL, NORTHWATER], ids=lambda folder: folder.name)
def test_every_picture_says_what_it_shows(folder: Path) -> None:
    for picture in drawn(folder):
        labels = re.search(r'role="img" aria-labelledby="([\w-]+) ([\w-]+)"', picture)
        assert labels
        for label in labels.groups():
            assert re.search(rf'<(?:title|desc) id="{label}">[^<]{{10,}}', picture), label
