"""Documents as a consultant asks for them, and small engagements to ask for."""

import shutil
from functools import partial
from pathlib import Path

from cop_expert.pipeline import conclude, prices
from cop_expert.report.render import Request, render
from cop_expert.resources import resource

HOTEL, NORTHWATER = (resource(f"kb/examples/{name}") for name in ("grand-hotel", "northwater"))


def copy_of(example: Path, folder: Path) -> Path:
    """An example to change."""
    return shutil.copytree(example, folder, ignore=shutil.ignore_patterns(".cop"))


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def document(folder: Path, form: str = "md", audience: str = "", community: str = "") -> str:
    return content(folder, form, audience, community).decode()


def content(folder: Path, form: str = "md", audience: str = "", community: str = "") -> bytes:
    run = conclude(folder)
    request = Request(form, audience, community)
    reckon = partial(prices, run, folder)
    return render(run.facts, run.rulebook, run.manifest, folder, request, reckon)
