"""Tables in, facts or located mistakes out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cop_expert.load.engagement import read_engagement
from cop_expert.load.tables import read_tables
from cop_expert.load.vocabulary import read_vocabulary
from cop_expert.model.template import Vocabulary

CASES = Path(__file__).parent / "errors" / "tables"


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return read_vocabulary()


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_mistakes_are_all_shown(
    case: Path, vocabulary: Vocabulary, golden: Callable[[Path, str], None]
) -> None:
    engagement, problems = read_engagement(case)
    _, more = read_tables(engagement, vocabulary)
    golden(case / "expected.txt", "\n\n".join(map(str, problems + more)) + "\n")
