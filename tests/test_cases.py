"""Each folder in cases holds rules, given facts, and exactly what follows: for every engine.

Most of them were once counter-examples of test_random_rules.py.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from engines import ALL, Sandbox
from facts_as_text import headings, read, written

CASES = sorted((Path(__file__).parent / "cases").iterdir())


@pytest.mark.parametrize("engine", ALL)
@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_concludes(case: Path, engine: str, golden: Callable[[Path, str], None]) -> None:
    given, rules, expected = (
        (case / name).read_text(encoding="utf-8")
        for name in ("given.txt", "case.rules", "expected.txt")
    )
    sandbox = Sandbox(headings(given), headings(expected))
    tables, _ = read(given)
    outcome = sandbox.infer(engine, sandbox.sound(rules), tables)
    golden(case / "expected.txt", written(sandbox.inferred, outcome))
