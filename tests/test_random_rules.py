"""One meaning: what random rulebooks conclude from random facts is the same on every engine.

The environment variable RULEBOOKS says how many are tried. A counter-example is printed as a folder
in cases/ holds it, to be laid there once it is mended.
"""

import os
from collections import Counter

from engines import ENGINES
from features import features
from hypothesis import HealthCheck, Phase, given, settings
from random_rules import SANDBOX, Case, cases, examples

SHORT_CUTS = {
    "asked for the nearest",
    "asked of a group: comparison",
    "asked of a group: presence",
    "key kept apart by constants",
    "key kept apart by variables",
    "on demand, for a fact: absence",
    "on demand, for a fact: fallback",
    "on demand, for a fact: presence",
    "on demand, for a total: presence",
    "on demand, for a view: presence",
}
"""Where duckdb does otherwise than to join everything and to store what follows."""
RULEBOOKS = int(os.environ.get("RULEBOOKS", "200"))


@settings(
    max_examples=RULEBOOKS,
    backend="independent",
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
    report_multiple_bugs=False,
)
@given(cases())
def test_the_engines_agree(case: Case) -> None:
    expected = SANDBOX.infer("naive", case.rulebook, case.tables)
    for engine in ENGINES:
        assert SANDBOX.infer(engine, case.rulebook, case.tables) == expected, engine


def test_much_is_at_work_in_random_rulebooks() -> None:
    """Engines that have nothing to do agree as well; `features.py 1000` prints what is at work."""
    at_work = Counter(feature for case in examples(60) for feature in features(case))
    often = {feature for feature, count in at_work.items() if count >= 3}
    assert len(at_work) >= 115
    assert at_work.keys() >= SHORT_CUTS
    assert len(often) >= 100
