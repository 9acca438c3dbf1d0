"""The bench runs, and its yardstick, the SQL by hand, concludes what the rules conclude."""

from pathlib import Path

import by_hand
import duckdb
import pytest
import run


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.mark.parametrize("on_demand", [False, True])
def test_by_hand_the_same_is_concluded(desk: Path, on_demand: bool) -> None:
    folder = run.made(100, desk)
    with duckdb.connect() as connection:
        by_hand.load(connection, folder)
        by_hand.infer(connection, by_hand.parameters(folder), on_demand=on_demand)
        assert list(by_hand.differences(connection, folder)) == []


def test_a_page_of_measurements(desk: Path) -> None:
    sections = run.sections([100], desk, times=1)
    page = dict(next(sections) for _ in range(7))
    for name in ("loading", "inference", "memory"):
        headings, _, row = page[name].splitlines()
        assert "ours" in headings
        assert row.startswith("|    100 |")
    assert page["machine"]
