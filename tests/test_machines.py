"""What other programs read: each field of each answer is what docs/json.md says of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from documents import HOTEL, copy_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from cop_expert.cli import main
from cop_expert.model.arithmetic import UNIT
from cop_expert.report.machines import Amount, for_machines

PAGE = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
NOUNS = {
    noun: dict(re.findall(r"^\| `(\w+)` \| (.*?) \| .*\|$", body, flags=re.MULTILINE))
    for noun, body in re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
}
KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "text or null": (str, type(None)),
    "true or false": (bool,),
    "whole number": (int,),
    "number": (int, float),
}


def is_as_told(thing: Any, told: str) -> bool:
    """Whether a value is what the page says of it."""
    if told.endswith(", or null"):
        return thing is None or is_as_told(thing, told.removesuffix(", or null"))
    if told in KINDS:
        return type(thing) in KINDS[told]
    if told.startswith("list of "):
        element = re.sub(r"^lists", "list", told.removeprefix("list of "))
        return isinstance(thing, list) and all(is_as_told(one, element) for one in thing)
    if told.startswith("object, to each name "):
        element = told.removeprefix("object, to each name ")
        return isinstance(thing, dict) and all(is_as_told(one, element) for one in thing.values())
    fields = NOUNS[told.partition("]")[0].removeprefix("[")]
    return set(thing) == set(fields) and all(is_as_told(thing[f], fields[f]) for f in fields)


@pytest.mark.parametrize(
    ("words", "noun"),
    [
        ("granularity", "Choices"),
        ("budget 200", "Budget"),
        ("robustness --trials 1", "Robustness"),
    ],
)
def test_what_is_printed_is_what_the_page_tells(tmp_path: Path, words: str, noun: str) -> None:
    command, *more = words.split()
    hotel = copy_of(HOTEL, tmp_path / "hotel")
    answer = CliRunner().invoke(main, [command, str(hotel), *more, "--json"])
    assert answer.exit_code == 0
    assert is_as_told(json.loads(answer.stdout), f"[{noun}](#{noun.lower()})")


class Measured(Struct):
    """Something with amounts."""

    hours: Amount
    more: Amount | None
    count: int


@given(st.integers(-(10**15), 10**15), st.none() | st.integers(-(10**15), 10**15))
def test_an_amount_is_printed_to_the_last_place(hours: int, more: int | None) -> None:
    read = json.loads(json.dumps(for_machines(Measured(hours, more, 3))))
    assert read["count"] == 3
    assert round(read["hours"] * UNIT) == hours
    assert (read["more"] is None) == (more is None)
    assert hours % UNIT or type(read["hours"]) is int
