"""Each page in errors/ holds mistakes of one code, and exactly what is said of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from generate import codes
from mistakes import MISTAKES, mistakes, renewed

PAGES = sorted(MISTAKES.glob("*.md"))
FOLDERS = sorted(MISTAKES.glob("tables/*/expected.txt"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_mistakes(page: Path, golden: Callable[[Path, str], None]) -> None:
    golden(page, renewed(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_page_is_about_its_code(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {page.stem}\n")
    for mistake in mistakes(text):
        assert f"[{page.stem}]" in mistake.said, mistake.title


@pytest.mark.parametrize("code", sorted(codes()))
def test_code_has_a_mistake(code: str) -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in [*PAGES, *FOLDERS])
    assert f"[{code}]" in said
