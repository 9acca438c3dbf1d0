"""The nouns of the strategy document, without a word of wording.

Numbers are millionths; WITHHELD stands for what is not told. A `reason` is the anchor of an
explanation in the annex, empty where nothing needs explaining. Names are as people call them;
lists are in the order in which they are read.
"""

from math import inf
from typing import Protocol

from msgspec import Struct

from cop_expert.report.machines import Amount
from cop_expert.report.reasons import Reason, Sentence

FIRST = 10
"""Pieces of advice that are said with their reasons; a table holds the rest."""
COLUMNS = 6
"""Communities up to which a table has a column for each."""
WITHHELD = -1
"""In place of a number that would tell of a few people."""
ENDS = 12
"""Rows at each end of what fits into the hours; what is between is counted."""
BELOW = 2 * ENDS
"""Rows of what does not fit; the rest is counted."""
STRETCHES = 12
"""Ranges of running costs that are listed; the rest is counted."""


class Manifest(Protocol):
    """What a document says about the run that it reports on."""

    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def given(self) -> int: ...
    @property
    def replaced(self) -> tuple[str, ...]: ...


class Figure(Struct, frozen=True):
    """A number and why it is so."""

    value: int
    reason: str = ""


class Figures(Struct, frozen=True):
    """The numbers of page 1."""

    people: int
    items: int
    """How many items there are to learn."""
    assigned: Figure
    superfluous: Figure
    everything: Figure

    @property
    def useful(self) -> int:
        return self.assigned.value - self.superfluous.value

    @property
    def spared(self) -> int:
        return self.everything.value - self.assigned.value


class Setting(Struct, frozen=True):
    """A parameter of the rulebook in force."""

    comment: str
    value: str
    is_own: bool
    """True where the engagement sets it."""
    why: str
    """Its reason, where its rules set it with one."""


class Context(Struct, frozen=True):
    """What the strategy was made from: how many of each, and the parameters."""

    counts: tuple[tuple[str, int], ...]
    """Each table that was filled in, and its rows."""
    settings: tuple[Setting, ...]


class Need(Struct, frozen=True):
    """A post that needs to learn a practice."""

    practice: str
    post: str
    community: str
    people: int
    required: int | None
    """None where nobody has assessed it."""
    current: int | None
    importance: int
    want: int
    reason: str


class Needs(Struct, frozen=True):
    """What is needed most, by people and how much they want it."""

    largest: tuple[Need, ...]
    unshown: int
    are_assessed: bool
    """False where there is no assessment with a gap, so that assumed gaps are listed."""


class Member(Struct, frozen=True):
    """A post in its community."""

    post: str
    people: int
    level: str
    reason: str


class Craft(Struct, frozen=True):
    """A practice that a community shares."""

    practice: str
    share: int


class Broker(Struct, frozen=True):
    """A post that links its community with others."""

    post: str
    others: tuple[str, ...]
    carries: int
    """Crossings that it carries."""
    reason: str


class Assignment(Struct, frozen=True):
    """An item that a community takes."""

    item: str
    community: str
    level: str
    people: int
    """Who takes it."""
    for_all: bool
    audience: tuple[str, ...]
    """The posts that take it; those that may not be singled out are left out."""
    wanting: int
    """People who want it."""
    wanting_reason: str
    hours: int
    superfluous: int
    prepares: tuple[str, ...]
    """What it comes before, where it is taken for nothing else."""
    reason: str


class Measure(Struct, frozen=True):
    """What would show on the job that a community has learned: its largest assessed need."""

    practice: str
    post: str
    people: int
    required: int
    current: int
    reason: str


class Community(Struct, frozen=True):
    """A card: who they are, what they share, why they are one, what they take."""

    anchor: str
    name: str
    people: Figure
    is_told: bool
    """False where so few people belong to it that nothing is said of them."""
    goal: str
    lead: str
    why: tuple[Sentence, ...]
    """Why it is not cut coarser, not finer, and what was decided."""
    warnings: tuple[Sentence, ...]
    members: tuple[Member, ...]
    more_members: int
    craft: tuple[Craft, ...]
    craft_reason: str
    brokers: tuple[Broker, ...]
    more_brokers: int
    items: tuple[Assignment, ...]
    untold: int
    """Items that so few people take that nothing is said of them."""
    owns: tuple[str, ...]
    """Topics that are at home in it."""
    lends: tuple[str, ...]
    """Those of them that others need too."""
    visits: tuple[tuple[str, str], ...]
    """Topics that come to it from elsewhere, and from where."""
    measure: Measure | None
    hours: Figure
    superfluous: int
    everything: int

    @property
    def useful(self) -> int:
        return self.hours.value - self.superfluous

    @property
    def spared(self) -> int:
        return self.everything - self.hours.value


class MatrixRow(Struct, frozen=True):
    """An item and what each community makes of it."""

    anchor: str
    item: str
    hours_each: int
    cells: tuple[Assignment | None, ...]
    people: int
    hours: int


class Matrix(Struct, frozen=True):
    """What goes to whom: items down, communities across."""

    communities: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    idle: tuple[Sentence, ...]

    @property
    def is_wide(self) -> bool:
        """True for more communities than a table has columns for."""
        return len(self.communities) > COLUMNS


class Carrier(Struct, frozen=True):
    """Who carries an item across."""

    post: str
    capacity: str
    reason: str


class Crossing(Struct, frozen=True):
    """An item that is at home in one community and matters in another."""

    item: str
    home: str
    other: str
    kind: str
    wanting: int
    wanting_reason: str
    of: int
    """People in the other community."""
    hours: int
    """Hours of those who want it there."""
    carriers: tuple[Carrier, ...]
    more_carriers: int
    form: str
    """What suits it: shared session, briefing, job shadowing, checklist."""
    reason: str

    @property
    def is_carried(self) -> bool:
        return bool(self.carriers or self.more_carriers)


class Overlap(Struct, frozen=True):
    """How much of what two communities learn is the same."""

    one: str
    other: str
    share: int
    hours: int
    reason: str


class Region(Struct, frozen=True):
    """What exactly these communities learn for its own sake, and no other."""

    members: tuple[int, ...]
    """Positions in the list of communities."""
    communities: tuple[str, ...]
    items: tuple[str, ...]
    hours: int


class Crossings(Struct, frozen=True):
    """What crosses, and what is common to which communities."""

    shared: tuple[Crossing, ...]
    on_request: tuple[Crossing, ...]
    overlaps: tuple[Overlap, ...]
    more_overlaps: int
    regions: tuple[Region, ...]
    totals: tuple[int, ...]
    """Items that each community learns for its own sake."""

    @property
    def all(self) -> tuple[Crossing, ...]:
        return self.shared + self.on_request


class WaveItem(Struct, frozen=True):
    """An item at its place in the order."""

    item: str
    hours: int
    after: tuple[str, ...]
    reason: str


class Wave(Struct, frozen=True):
    """What can be taken once the waves before it are done."""

    number: int
    items: tuple[WaveItem, ...]
    hours: int
    start: int
    end: int
    """From which to which hour of learning it lasts for whoever takes most in each wave."""


class Flow(Struct, frozen=True):
    """The order in which a community takes its items."""

    community: str
    waves: tuple[Wave, ...]


class CutUnit(Struct, frozen=True):
    """A unit that is cut while a community costs less than so many hours."""

    unit: str
    hours: int
    groups: int
    cohesion: int
    reason: str


class Stretch(Struct, frozen=True):
    """A range of running costs over which the hours give the same cut."""

    low: Amount
    """What a community costs to run in hours a year, this included."""
    high: Amount | None
    """This not included; none: however much."""
    communities: int
    wasted: Amount
    """Hours that one common set of information in each community would waste."""
    rejoined: tuple[str, ...]
    """Units that stay whole from its upper end on."""
    is_widest: bool
    """True where the widest range over which the hours alone give one cut begins."""
    in_force: bool
    """True where it holds what a community costs to run."""

    @property
    def width(self) -> float:
        """How many times its lower end its upper end is."""
        return self.high / self.low if self.high and self.low else inf


def widest_of(stretches: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Those over the widest ranges of running costs, and the one in force, in order of costs."""

    kept = sorted(stretches, key=lambda one: (one.in_force, one.width), reverse=True)[:STRETCHES]
    return tuple(one for one in stretches if one in kept)


class Granularity(Struct, frozen=True):
    """How finely to cut, by what a community costs to run."""

    stretches: tuple[Stretch, ...]
    units: tuple[CutUnit, ...]
    more_units: int
    running: Figure
    is_set: bool
    """True where the leader set the running cost."""
    plateau_reason: str

    @property
    def widest(self) -> Stretch | None:
        """The cut with which the widest range of the hours alone begins; decisions and sizes may
        have made its own range wider or narrower."""
        return next((stretch for stretch in self.stretches if stretch.is_widest), None)

    @property
    def is_unrivalled(self) -> bool:
        """True where there are others, and none with an upper end stands over so wide a range."""
        ends = [stretch.width for stretch in self.stretches if stretch.high is not None]
        return self.widest is not None and self.widest.width >= max(ends, default=inf)

    @property
    def listed(self) -> tuple[Stretch, ...]:
        """The widest stretches, in order of what a community costs to run."""
        return widest_of(self.stretches)

    @property
    def more_stretches(self) -> int:
        return len(self.stretches) - len(self.listed)


class Finding(Struct, frozen=True):
    """All findings of one kind, the weightiest said, the rest counted."""

    template: str
    label: str
    count: int
    said: tuple[Sentence, ...]


class Price(Struct, frozen=True):
    """What a strategy has more of, or less, for a decision; found by a run without it."""

    communities: int
    running: int
    """Hours a year of running them."""
    assigned: int
    superfluous: int
    crossings: int

    @property
    def is_nothing(self) -> bool:
        return not (self.communities or self.assigned or self.superfluous or self.crossings)


Prices = dict[str, Price]
"""By the place of the decision: `tables/decisions.csv:2`."""


class Decided(Struct, frozen=True):
    """A decision of the leader."""

    kind: str
    subject: str
    object: str
    why: str
    by: str
    on: str
    value: int | None
    until: str
    has_effect: bool = True
    price: Price | None = None
    """None where it was not looked for, or nothing would hold without the decision."""
    reason: str = ""


class Advice(Struct, frozen=True):
    """What to do next, and the hours at stake."""

    action: str
    subject: str
    community: str
    other: str
    target: str
    hours: int
    says: str
    because: str
    """Why, in a sentence; empty where its reason is a sum."""
    reason: str


class Ask(Struct, frozen=True):
    """A decision asked of the leader: all advice of one kind."""

    action: str
    advice: tuple[Advice, ...]
    hours: int


class Claim(Struct, frozen=True):
    """An assignment in the order in which it goes first when hours are short."""

    item: str
    community: str
    level: str
    people: Amount
    hours: Amount
    priority: Amount
    """The need that a hundred hours of it meet, in people with a full need."""
    total: Amount
    """The hours of all down to here."""
    goal: str
    """What requires it, where it goes in for that; empty where for its own sake."""
    asks: Amount
    """Where it stays out, the hours that it takes with what it requires that is not in."""
    left: Amount
    """Where it stays out, the hours that were left when its turn came."""
    reason: str
    """Its place in the annex of a document; empty elsewhere."""


class Budget(Struct, frozen=True):
    """What to do first when there are fewer hours than learning."""

    hours: Amount
    """As many as there are."""
    spent: Amount
    """Hours of what goes in."""
    all_hours: Amount
    """Hours of all assignments."""
    bound: Amount
    """Hours of what must be, however few there are, and of what that requires."""
    need: Amount
    """The need that is met, in people with a full need."""
    all_need: Amount
    """The need that all assignments would meet."""
    fitting: int
    """How many assignments go in."""
    all: int
    """How many assignments there are."""
    within: tuple[Claim, ...]
    """What goes in, in order; what a thing requires stands before it."""
    below: tuple[Claim, ...]
    """What stays out, in order."""
    untold: int
    """Assignments that so few people take that nothing is said of them."""

    @property
    def top(self) -> tuple[Claim, ...]:
        """The first of what goes in; all of it where there is little."""
        return self.within if len(self.within) <= 2 * ENDS + 1 else self.within[:ENDS]

    @property
    def last(self) -> tuple[Claim, ...]:
        """The last of what goes in, where there is more between."""
        return self.within[-ENDS:] if self.between else ()

    @property
    def between(self) -> int:
        """How many of what goes in are not listed."""
        return max(0, len(self.within) - len(self.top) - ENDS) if self.top != self.within else 0

    @property
    def over(self) -> int:
        """Hours beyond those that there are: what must be takes more."""
        return max(0, self.spent - self.hours)

    @property
    def left(self) -> int:
        return max(0, self.hours - self.spent)

    @property
    def waiting(self) -> tuple[Claim, ...]:
        """The first of what stays out."""
        return self.below[:BELOW]


class If(Struct, frozen=True):
    """Something that would make a difference if it were otherwise."""

    parameter: str
    """What the parameter is; empty: an assessment, or all of them."""
    value: str
    """What the parameter would be."""
    now: str
    role: str
    """Whose assessment; empty: all of them."""
    practice: str
    way: int
    """-1: lower, 1: higher."""
    level: str
    """What comes of it: a level; empty: not assigned, or no community."""


class Doubt(Struct, frozen=True):
    """An assignment that does not come out in every trial."""

    item: str
    community: str
    level: str
    """Empty for one that only comes up in trials."""
    runs: int
    of: int
    """Trials in which its community stands."""
    otherwise: tuple[tuple[str, int], ...]
    """Other levels and in how many trials; empty for not assigned."""
    ifs: tuple[If, ...]


class CutDoubt(Struct, frozen=True):
    """Communities of ours that do not stand in every trial, but in as many of them each."""

    communities: tuple[str, ...]
    runs: int
    ifs: tuple[If, ...]


class Moved(Struct, frozen=True):
    """One thing moved alone, and what it changes."""

    what: If
    gone: tuple[str, ...]
    new: tuple[str, ...]
    assignments: tuple[tuple[str, str, str, str], ...]
    """Item, community, and the level before and after, empty for none."""

    @property
    def changes(self) -> bool:
        return bool(self.gone or self.new or self.assignments)


class Firmness(Struct, frozen=True):
    """What stands if the estimates are a little off."""

    samples: int
    seed: int
    step: str
    """By how much an assessment may be off; empty where there is none."""
    communities: int
    standing: int
    """Communities of ours that stand in every trial."""
    whole: int
    """In how many trials the cut as a whole is ours."""
    cuts: tuple[CutDoubt, ...]
    """The least firm first."""
    other_cuts: tuple[tuple[str, int], ...]
    """Communities that only come up in trials, and in how many, the most frequent first."""
    assignments: int
    firm: int
    """Assignments that come out the same in every trial in which their community stands."""
    doubts: tuple[Doubt, ...]
    """The least firm first."""
    coming: tuple[Doubt, ...]
    """What only comes up in trials, the most frequent first."""
    moved: tuple[Moved, ...]

    @property
    def telling(self) -> tuple[Moved, ...]:
        """What changes something."""
        return tuple(one for one in self.moved if one.changes)

    @property
    def idle(self) -> tuple[str, ...]:
        """Parameters that change nothing, whichever way they are moved."""
        telling = {one.what.parameter for one in self.telling}
        names = dict.fromkeys(one.what.parameter for one in self.moved if one.what.parameter)
        return tuple(name for name in names if name not in telling)

    @property
    def is_cut_firm(self) -> bool:
        return self.standing == self.communities


class Addition(Struct, frozen=True):
    """What the engagement's own rules conclude."""

    label: str
    count: int
    said: tuple[Sentence, ...]


class Branch(Struct, frozen=True):
    """A unit in the picture of the organisation."""

    name: str
    people: int
    community: str
    """The community that it is or goes into; empty where it is cut further."""
    is_own: bool
    """True for the posts that stand directly in a unit that is cut."""
    is_merged: bool
    """True where it goes into another community."""
    groups: int
    branches: tuple["Branch", ...]


class RuleFile(Struct, frozen=True):
    """A topic of the rulebook."""

    topic: str
    rules: int
    principles: tuple["Principle", ...]
    is_own: bool


class Principle(Struct, frozen=True):
    """What justifies some rules of a topic, and what these conclude."""

    basis: str
    concludes: tuple[str, ...]


class Input(Struct, frozen=True):
    """A file that the strategy was made from."""

    file: str
    hash: str
    """The first digits of its SHA-256."""


class Method(Struct, frozen=True):
    """How the conclusions were reached; the same from either engine."""

    files: tuple[RuleFile, ...]
    replaced: tuple[str, ...]
    settings: tuple[Setting, ...]
    """The parameters that the engagement sets."""
    inputs: tuple[Input, ...]
    version: str
    fingerprint: str
    given: int
    concluded: int


class Strategy(Struct, frozen=True):
    """The whole document."""

    name: str
    publish: bool
    """True where no small group of people is singled out."""
    figures: Figures
    asks: tuple[Ask, ...]
    context: Context
    needs: Needs
    assumptions: tuple[Finding, ...]
    """Findings in whose place something is assumed."""
    communities: tuple[Community, ...]
    organisation: tuple[Branch, ...]
    matrix: Matrix
    crossings: Crossings
    flow: tuple[Flow, ...]
    granularity: Granularity
    findings: tuple[Finding, ...]
    decisions: tuple[Decided, ...]
    lapsed: tuple[Decided, ...]
    """Decisions that no longer hold."""
    advice: tuple[Advice, ...]
    budget: Budget | None
    """None where no number of hours is named."""
    robustness: Firmness | None
    """None where nothing was tried."""
    additions: tuple[Addition, ...]
    method: Method
    first: int
    """Pieces of advice that are said with their reasons; a table holds the rest."""
    rows: int
    """Rows shown of each table within a community; the rest is counted."""
    long_rows: int
    """The same of each table about all communities."""
    reasons: tuple[Reason, ...]

    def has(self, section: str) -> bool:
        """False for a section that has nothing to say and need not stand."""
        there = {
            "additions": bool(self.additions),
            "budget": self.budget is not None,
            "robustness": self.robustness is not None,
            "trials": self.robustness is not None,
            "further": len(self.advice) > self.first,
        }
        return there.get(section, True)
