"""A run's conclusions and those of runs with other numbers in, how firm each of them is out.

What is estimated may be off: an assessment by a step, a threshold by a tenth. In a trial chance
moves one in four of them up, and one in four down. Besides, some are moved alone, to see what hangs
on them: each threshold, all assessments together, and single ones that are suspected. Chance comes
from a hash of the seed, the trial and the name of what is moved, so it is the same everywhere,
whatever else the tables hold.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import pairwise

from msgspec import Struct

from cop_expert.facts import FactBase
from cop_expert.model.arithmetic import UNIT, divide_half_away
from cop_expert.model.rule import Parameter
from cop_expert.model.template import Datatype, Value, Vocabulary
from cop_expert.report.known import number
from cop_expert.report.machines import Amount

ASSESSED, FOUND, ASKED = "Need", "current", "required"
"""The template of assessments, and its fields that hold what is there and what is asked."""
CUT, ASSIGNED = "Member", "Assignment"
"""What a trial concludes."""
LEAST_STEP: int = UNIT // 20
"""A finer step than this no assessment is good for."""
WHOLE = ("Headcount", "Count")
"""Datatypes whose numbers are whole."""

WAYS = (-1, 0, 0, 1)
"""Which ways chance moves an estimate."""
SUSPECTS = 12
"""Single assessments that are moved alone."""
SUSPICIOUS = 3
"""Of four trials in which an assessment is moved one way, so many must come out otherwise."""

Pair = tuple[str, str]
"""A community and an item."""
Key = tuple[Value, ...]
"""What tells an assessment from others."""
Move = tuple[str, Key, int]
"""A parameter, or else an assessment or all of them, and which way it is moved."""


class Range(Struct, frozen=True):
    """Something estimated: what it is, and a step or a tenth below and above."""

    value: Amount
    low: Amount
    high: Amount

    def moved(self, way: int) -> int:
        return (self.low, self.value, self.high)[way + 1]


class Estimates(Struct, frozen=True):
    """Everything that may be off."""

    parameters: dict[str, Range]
    assessments: dict[Key, Range]
    """By the key of the assessment."""
    step: int
    """By how much an assessment may be off; 0 where there is none."""


class Trial(Struct, frozen=True):
    """Numbers in place of those that there are."""

    parameters: dict[str, Value]
    assessments: dict[Key, int]


class Outcome(Struct, frozen=True):
    """What a trial concludes of the cut and of what goes to whom."""

    communities: dict[str, frozenset[str]]
    """With their posts: a name and a number of heads do not tell who they are."""
    assignments: dict[Pair, str]
    """With their levels."""


Tried = tuple[Trial, Outcome]


class Single(Struct, frozen=True):
    """One thing moved alone."""

    parameter: str
    """Empty where assessments are moved."""
    assessment: tuple[str | None, ...]
    """Role, unit and practice of the one that is moved; empty: all of them, or a parameter."""
    way: int
    """-1: down, 1: up."""
    value: Amount
    """What the parameter is then; 0 for assessments."""
    gone: tuple[str, ...]
    """Communities of ours that do not stand as they are."""
    new: tuple[str, ...]
    """Communities that are not ours."""
    assignments: tuple[tuple[str, str, str, str], ...]
    """Community, item, and the level before and after, empty for none; within communities that
    stand."""


class FirmCut(Struct, frozen=True):
    """A community, and in how many trials it stands, with the same people."""

    community: str
    runs: int
    """Trials in which it stands."""
    is_ours: bool
    """False for one that comes up in trials only."""


class FirmAssignment(Struct, frozen=True):
    """An assignment, and in how many of the trials in which its community stands it is so."""

    community: str
    item: str
    level: str
    """Empty for one that comes up in trials only."""
    of: int
    """Trials in which its community stands."""
    levels: dict[str, int]
    """In how many trials at which level; the rest are those in which it is not assigned."""

    @property
    def runs(self) -> int:
        return self.levels.get(self.level, 0) if self.level else sum(self.levels.values())

    @property
    def is_firm(self) -> bool:
        return bool(self.level) and self.runs == self.of


class Robustness(Struct, frozen=True):
    """How firm the cut and the assignments are."""

    samples: int
    """How many trials there were."""
    seed: int
    """From which number chance was drawn."""
    step: Amount
    """By how much an assessment may be off; 0 where there is none."""
    assessments: int
    """How many of them may be off."""
    parameters: dict[str, Range]
    """Those that bear on the cut or the assignments."""
    whole: int
    """In how many trials the cut as a whole is ours."""
    cuts: tuple[FirmCut, ...]
    assignments: tuple[FirmAssignment, ...]
    singles: tuple[Single, ...]
    """What each thing changes when it is moved alone."""


# What may be off


def estimates(facts: FactBase, parameters: dict[str, Parameter], concerned: set[str]) -> Estimates:
    """The parameters that concern the question, and all assessments."""
    vocabulary = facts.vocabulary
    kind = vocabulary.templates[ASSESSED]
    records = [r for r in facts.records(ASSESSED) if None not in (r[FOUND], r[ASKED])]
    step = _step({number(record[field]) for record in records for field in (FOUND, ASKED)})
    return Estimates(
        parameters={
            name: found
            for name, parameter in sorted(parameters.items())
            if name in concerned and (found := _tenths(parameter, vocabulary))
        },
        assessments={
            tuple(record[field] for field in kind.key): _steps(number(record[FOUND]), step)
            for record in records
        },
        step=step if records else 0,
    )


def _step(values: Iterable[int]) -> int:
    """The smallest difference between any two assessments, but no finer than makes sense."""
    order = sorted(values)
    gaps = [high - low for low, high in pairwise(order)]
    return max((LEAST_STEP, min(gaps, default=UNIT // 10)))


def _steps(value: int, step: int) -> Range:
    return Range(value, max(0, value - step), min(UNIT, value + step))


def _tenths(parameter: Parameter, vocabulary: Vocabulary) -> Range | None:
    """A tenth below and above, as far as the parameter may go; none where it is no number."""
    value, datatype = parameter.value, vocabulary.datatypes.get(parameter.datatype, Datatype(""))
    if type(value) is not int:
        return None
    most = UNIT if 0 <= value <= UNIT and datatype.name == "Degree" else datatype.most
    low, high = (_rounded(value * tenths, 10, datatype) for tenths in (9, 11))
    low = max(low, datatype.least if datatype.least is not None else low)
    high = min(high, most if most is not None else high)
    floors = [floor for floor in (parameter.above, datatype.above) if floor is not None]
    return Range(value, low if all(low > floor for floor in floors) else value, high)


def _rounded(number_of_tenths: int, tenths: int, datatype: Datatype) -> int:
    whole = UNIT if datatype.name in WHOLE else 1
    return divide_half_away(number_of_tenths, tenths * whole) * whole


# Trials


def drawn(found: Estimates, seed: int, trial: int) -> Trial:
    """Each estimate moved up, down or not at all, as chance has it."""

    def moved(name: str, one: Range) -> int:
        digest = sha256(f"{seed}/{trial}/{name}".encode()).digest()
        return one.moved(WAYS[digest[0] % len(WAYS)])

    parameters = {name: moved(name, one) for name, one in found.parameters.items()}
    assessments = {
        key: moved("/".join(f"{part}" for part in key), one)
        for key, one in found.assessments.items()
    }
    return _trial(found, parameters, assessments)


def _trial(found: Estimates, parameters: dict[str, int], assessments: dict[Key, int]) -> Trial:
    """Only what is not as it was."""
    return Trial(
        {name: new for name, new in parameters.items() if new != found.parameters[name].value},
        {key: new for key, new in assessments.items() if new != found.assessments[key].value},
    )


def alone(found: Estimates) -> Iterator[Move]:
    """Each parameter moved alone, then all assessments together."""
    yield from ((name, (), way) for name in found.parameters for way in (-1, 1))
    yield from (("", (), way) for way in (-1, 1))


def suspects(ours: Outcome, found: Estimates, trials: list[Tried]) -> Iterator[Move]:
    """Single assessments with which an assignment seems to come and go, the likeliest of each."""
    moves: dict[tuple[Key, int], set[int]] = {}
    for place, (trial, _) in enumerate(trials):
        for key, new in trial.assessments.items():
            way = 1 if new > found.assessments[key].value else -1
            moves.setdefault((key, way), set()).add(place)
    suspected: dict[tuple[Key, int], None] = {}
    for pair, level in sorted(ours.assignments.items()):
        turned = {p for p, (_, then) in enumerate(trials) if then.assignments.get(pair) != level}
        likely = {
            move: (divide_half_away(len(turned & places) * UNIT, len(places)), len(places))
            for move, places in moves.items()
            if 4 * len(turned & places) >= SUSPICIOUS * len(places) and len(places) > 2
        }
        if likely and 2 * len(turned) <= len(trials):
            suspected[max(likely, key=lambda move: (*likely[move], repr(move)))] = None
    for key, way in list(suspected)[:SUSPECTS]:
        yield "", key, way


def moved_alone(found: Estimates, move: Move) -> Trial:
    name, key, way = move
    if name:
        return _trial(found, {name: found.parameters[name].moved(way)}, {})
    keys = [key] if key else list(found.assessments)
    return _trial(found, {}, {one: found.assessments[one].moved(way) for one in keys})


def outcome(facts: FactBase) -> Outcome:
    posts: dict[str, set[str]] = {}
    for record in facts.records(CUT):
        posts.setdefault(str(record["community"]), set()).add(str(record["post"]))
    return Outcome(
        {community: frozenset(found) for community, found in posts.items()},
        {(str(r["community"]), str(r["item"])): str(r["level"]) for r in facts.records(ASSIGNED)},
    )


Try = Callable[[Trial], Outcome]


def robustness(ours: Outcome, found: Estimates, samples: int, seed: int, tried: Try) -> Robustness:
    """How firm our conclusions are over so many trials."""
    drawings = [drawn(found, seed, trial) for trial in range(1, samples + 1)]
    outcomes = [tried(trial) for trial in drawings]
    together = list(zip(drawings, outcomes, strict=True))
    moves = [*alone(found), *suspects(ours, found, together)]
    trials = [(move, moved_alone(found, move)) for move in moves]
    singles = [
        _single(move, found, ours, tried(trial))
        for move, trial in trials
        if trial.parameters or trial.assessments
    ]
    return Robustness(
        samples=samples,
        seed=seed,
        step=found.step,
        assessments=len(found.assessments),
        parameters=found.parameters,
        whole=sum(one.communities == ours.communities for one in outcomes),
        cuts=tuple(_cuts(ours, outcomes)),
        assignments=tuple(_assignments(ours, outcomes)),
        singles=tuple(singles),
    )


def _cuts(ours: Outcome, outcomes: list[Outcome]) -> Iterator[FirmCut]:
    counts = Counter(cut for one in outcomes for cut in one.communities.items())
    found = counts.keys() | ours.communities.items()
    for community, posts in sorted(found, key=lambda cut: (cut[0], sorted(cut[1]))):
        is_ours = ours.communities.get(community) == posts
        yield FirmCut(community, counts[community, posts], is_ours)


def _assignments(ours: Outcome, outcomes: list[Outcome]) -> Iterator[FirmAssignment]:
    """Ours, and those that come up in trials in communities of ours."""
    levels: dict[Pair, Counter[str]] = {pair: Counter() for pair in ours.assignments}
    stands: Counter[str] = Counter()
    for one in outcomes:
        standing = {name for name, _ in ours.communities.items() & one.communities.items()}
        stands.update(standing)
        for pair, level in one.assignments.items():
            if pair[0] in standing:
                levels.setdefault(pair, Counter())[level] += 1
    for pair in sorted(levels):
        level = ours.assignments.get(pair, "")
        yield FirmAssignment(*pair, level, stands[pair[0]], dict(sorted(levels[pair].items())))


def _single(move: Move, found: Estimates, ours: Outcome, then: Outcome) -> Single:
    name, key, way = move
    before, after = ours.communities.items(), then.communities.items()
    standing = {community for community, _ in before & after}
    pairs = sorted(ours.assignments.keys() | then.assignments.keys())
    levels = [(*p, ours.assignments.get(p, ""), then.assignments.get(p, "")) for p in pairs]
    return Single(
        parameter=name,
        assessment=tuple(None if part is None else str(part) for part in key),
        way=way,
        value=found.parameters[name].moved(way) if name else 0,
        gone=tuple(sorted(community for community, _ in before - after)),
        new=tuple(sorted(community for community, _ in after - before)),
        assignments=tuple(one for one in levels if one[0] in standing and one[2] != one[3]),
    )
