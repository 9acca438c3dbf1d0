"""Facts and rulebooks drawn by hypothesis, choice by choice, so that a counter-example shrinks.

Each choice names the simplest outcome first: no condition, a field left out, the first word of a
list. Rules are drawn to be sound; one that the check does not let pass all the same is left out.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache, partial
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

import naive
from engines import Sandbox, rule
from facts_as_text import Rows, Tables, spelled, written
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.rule import (
    Binding,
    CheckedRulebook,
    Comparison,
    Condition,
    Rulebook,
    Variable,
)
from cop_expert.model.template import Field, Template
from cop_expert.parse.rules import parse_rules

T = TypeVar("T")

SHAPES = {
    "Link": "(a: text, b: text) on demand",
    "Loose": "(a: text, b: text?, n: number?, t: truth?)",
    "Sum": "(a: text, n: number)",
    "Share": "(a: text, n: number, m: number) on demand",
    "Sole": "(a*: text, n: number, t: truth?) on demand",
    "Known": "(e*: either, n: number)",
}
RECURSIVE = ["Link", "Loose"]
LAYERS = 2
"""Templates rest on those of lower layers; recursive ones may rest on those of their own, too."""
SANDBOX = Sandbox(
    given=[
        "Arc(a: text, b: text)",
        "Size(a*: text, n: number)",
        "Thing(a: text, b: text?, n: number?, t: truth?)",
        "Lives(p: person, q: town)",
    ],
    inferred=[f"{name}{n}{shape}" for n in range(LAYERS) for name, shape in SHAPES.items()],
)
ON_DEMAND = [template.name for template in SANDBOX.words.on_demand()]
GIVEN = [template.name for template in SANDBOX.words.given()]

TEXTS = ["a", "b", "A", "", "ä", "a\u0308", "it's", 'say "so"', "back\\slash", "\uffee", "😀"]
NUMBERS = "1 2 -1 0.5 -2.5 7 0.333333 999.999999 0.000001 -0.000001 -0.000003 3000000"
VALUES: dict[str, list[Any]] = {
    "text": TEXTS,
    "number": [Decimal(number) for number in NUMBERS.split()],
    "truth": [False, True],
    "person": ["Ann", "Bo"],
    "town": ["Rome", "Oslo"],
    "either": ["Ann", "Bo", "Rome", "Oslo"],
}
KINDS = ["text", "number", "truth"]
NAMES = {
    "text": ["a", "b", "x", "y"],
    "number": ["n", "m", "größe"],
    "truth": ["t", "self"],
    "person": ["p"],
    "town": ["q"],
    "either": ["e", "p", "q"],
}
FREE = {"text": ["u", "u", "v"], "number": ["k"], "truth": ["w"]}
"""Names that nothing but a `not` mentions."""
FITTING = {"either": ["either", "person", "town"]}
"""The kinds of name that can stand where a kind is asked for: itself, if nothing else is said."""
PARAMETERS = {"text": "word", "number": "limit", "truth": "flag"}
NEXT = "next"
OF_GROUP = "whole"
UNSET = "unset"
"""A parameter that is none."""
OPERATIONS = [
    "({0} + {1})",
    "({0} - {1})",
    "{0} * {1}",
    "({0}) / ({1})",
    "({0}) / 2",
    "{0} * 0.5",
    "{0} * 0.0000005",
    "{0} * {1} * 0.5",
    "min({0}, {1})",
    "max({0}, 1, {1})",
    "round({0})",
    "{0} * 3000000",
]
AGGREGATES = ["sum", "count", "min", "max"]
TOTALS = ["{0}", "{0} / {1}", "{0} / {2}", "({0} + {1}) * {2}", "round({0} * {2})"]
RELATIONS = ["<", ">", "!=", "<=", ">=", "="]


class Independent(HypothesisProvider):
    """Draws as hypothesis does, but each case anew: five of six would be variations of another."""


AVAILABLE_PROVIDERS["independent"] = f"{__name__}.Independent"
SOME = settings(
    max_examples=int(os.environ.get("RULEBOOKS", "25")),
    backend="independent",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
"""How many cases are tried where each takes long."""


class Case(NamedTuple):
    """Rules that are sound together, and facts for them."""

    text: str
    rulebook: CheckedRulebook
    tables: Tables

    def __repr__(self) -> str:
        """As the files of tests/cases/ hold it."""
        return f"{self.text}\n{written(SANDBOX.given, (self.tables, []))}"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Rules and facts that have to do with one another."""
    author = Author(draw)
    for name in GIVEN:
        author.several(partial(author.add_fact, name), 12)
    author.facts = SANDBOX.as_facts(author.tables)
    for layer in range(LAYERS):
        author.several(partial(author.add_rule, layer), 8)
    text, rulebook = sound([author.parameters, *author.rules])
    return Case(text, rulebook, author.tables)


@cache
def examples(number: int) -> list[Case]:
    """So many cases, always the same."""
    found: list[Case] = []

    @settings(
        max_examples=number,
        backend="independent",
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(cases())
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    return found


def sound(texts: Sequence[str]) -> tuple[str, CheckedRulebook]:
    """Of the rules, those that are sound together."""
    while True:
        rulebook, problems = check(texts)
        unsound = {problem.origin.source for problem in problems}
        if not unsound:
            return "\n".join(texts), rulebook
        texts = [text for text in texts if text not in unsound]


def check(texts: Sequence[str]) -> tuple[CheckedRulebook, list[Diagnostic]]:
    """Parameters and rules as one rulebook; the source of a problem is the text that has it."""
    return SANDBOX.check(sum(map(parsed, texts), Rulebook()))


@lru_cache(5000)
def parsed(text: str) -> Rulebook:
    return parse_rules(text, text)[0]


@cache
def below(number: int) -> st.SearchStrategy[int]:
    """To make a strategy takes longer than to draw from it."""
    return st.integers(0, number - 1)


class Author:
    """Draws facts, and rules that have something to say about them.

    A condition that cannot hold is mostly dropped at once; so rules do fire, and feed others.
    """

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.values = VALUES | {kind: self.some_of(VALUES[kind]) for kind in KINDS}
        self.values["number"].append(Decimal(0))  # for divisions
        self.constants = {name: self.value(kind) for kind, name in PARAMETERS.items()}
        self.constants[UNSET] = None
        self.parameters = "".join(
            f"parameter {name} = {spelled(value)}\n" for name, value in self.constants.items()
        )
        self.tables: dict[str, Rows] = {name: [] for name in GIVEN}
        self.facts: naive.Facts = set()
        """What is given, and what the rules so far conclude."""
        self.rules: list[str] = []
        self.looked_up = [name for name in ON_DEMAND if self.often(6)]
        """What rules conclude by bringing facts together, and in no other way."""

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.draw(below(len(choices)))]

    def often(self, chance: int) -> bool:
        """True in so many of ten cases."""
        return self.draw(below(10)) >= 10 - chance

    def some_of(self, values: Sequence[T]) -> list[T]:
        return [*self.draw(st.permutations(values))][: self.one_of((2, 3, 4))]

    def several(self, step: Callable[[], object], most: int) -> None:
        """Take a step a few times, as a list of which hypothesis can leave out any."""
        self.draw(st.lists(st.builds(step), max_size=most))

    # Facts

    def value(self, kind: str) -> Any:
        return self.one_of(self.values[kind])

    def add_fact(self, name: str) -> None:
        """No two facts of a template have the same key."""
        template, rows = SANDBOX.templates[name], self.tables[name]
        row = tuple(map(self.cell, template.fields))
        key = itemgetter(*map(template.position, template.key))
        if key(row) not in map(key, rows):
            rows.append(row)

    def cell(self, field: Field) -> Any:
        return None if not field.required and self.often(2) else self.value(field.type.name)

    # Rules: what a condition binds can stand in those that are drawn after it

    def add_rule(self, layer: int) -> None:
        known = sorted({template for template, _ in self.facts})
        self.own = [template for template in known if template in (f"Link{layer}", f"Loose{layer}")]
        below = [template for template in known if template.endswith(f"{layer - 1}")]
        looked_up = [template for template in below if template in self.looked_up]
        self.lower = [*GIVEN, GIVEN[-1], *below, *looked_up, *looked_up]
        forms = ["plain", "aggregating", "aggregating", "nearest"]
        forms += ["joining"] if any(name.endswith(str(layer)) for name in self.looked_up) else []
        forms += ["recursive"] * 3 if self.own else []
        self.form = self.one_of(forms)
        self.conditions: list[str] = []
        self.ways: list[naive.Names] = [dict(self.constants)]
        """How the conditions so far hold."""
        self.bound: dict[str, str] = {}
        """The kind of each name that they bind."""
        self.nones: list[str] = []
        """Those of them that may be none."""
        self.computed: set[str] = set()
        """Those that a recursive rule may not conclude."""
        self.group = ""
        """A name by which the conclusion is to be grouped."""
        self.follows: list[tuple[str, str]] = []
        """What stands for a template's key, and the number that follows from it."""
        self.several(self.add_condition, 8)
        if self.form == "nearest":
            self.add_nearest()
        elif self.form == "aggregating" and self.often(5):
            self.add_of_group()
        if not self.conditions and self.often(7):
            return
        body = self.draw(st.permutations(self.conditions)) or ["1 < 2"]
        heads = [self.concludable_in(layer)]
        if self.often(3):
            heads.append(heads[0] if self.often(5) else self.concludable_in(layer))
        then = ", ".join(map(self.head, heads))
        self._conclude(rule(f"if {', '.join(body)} then {then}", f"r{len(self.rules)}"))

    def _conclude(self, text: str) -> None:
        """Keep a rule that is sound by itself, and what it concludes."""
        rulebook, problems = check([self.parameters, text])
        if all(problem.code == "never-fires" for problem in problems):
            self.rules.append(text)
            for clause in (clause for stratum in rulebook.strata for clause in stratum.clauses):
                outcomes = naive.conclude(clause, SANDBOX.templates, self.facts)
                self.facts |= {outcome for outcome in outcomes if isinstance(outcome, tuple)}

    def add_condition(self) -> None:
        tests = [self.add_comparison, self.add_absence]
        giving = [self.add_presence] * 4
        if self.form != "joining":
            giving += [self.add_fallback, self.add_binding]
        self.one_of([*giving, *tests, *tests])()

    def _take(self, *choices: str) -> bool:
        """Take the first condition that can hold; if none can, mostly take none."""
        for text in choices:
            condition = self._read(text)
            found = [
                way for names in self.ways for way in naive.extend(names, condition, self.facts)
            ]
            if found:
                break
        if not found and not self.often(1):
            return False
        self.conditions.append(text)
        self.ways = found[:50]
        return True

    def _read(self, text: str) -> Condition:
        (condition,) = parsed(rule(f"if {text} then Arc()")).rules[0].body
        match condition:
            case Comparison("=", Variable(name, origin), value) if name not in self.bound:
                return condition if name in self.constants else Binding(name, value, origin)
        return condition

    def add_presence(self) -> None:
        recurs = self.form == "recursive" and (not self.conditions or self.often(3))
        name = self.one_of(self.own if recurs else self.lower)
        template, terms = SANDBOX.templates[name], dict[str, str]()
        facts = [dict(fact) for of, fact in sorted(self.facts, key=repr) if of == name]
        fact = self.one_of(facts) if facts else {}
        for field in template.fields:
            kind = field.type.name
            match self.one_of(("out", "own", "own", "own", "other", "other", "other", "literal")):
                case "own":
                    terms[field.name] = field.name
                case "other":
                    terms[field.name] = self.one_of(NAMES[kind])
                case "literal":
                    met = field.name in fact and not self.often(2)
                    terms[field.name] = spelled(fact[field.name]) if met else self.literal(field)
                case _ if self.form == "aggregating":  # sums ask for keys
                    terms[field.name] = field.name
        if self._take(atom(name, terms)):
            kinds = {field.name: field.type.name for field in template.fields}
            self.bound |= {t: kinds[f] for f, t in terms.items() if t in NAMES[kinds[f]]}
            if template.key == ("a",) and "a" in terms and "n" in terms:
                self.follows.append((terms["a"], terms["n"]))

    def add_fallback(self) -> None:
        """Over names that are bound, but for the one that takes the value."""
        name = self.one_of(self.lower)
        fields = SANDBOX.templates[name].fields
        taker = self.one_of(fields)
        kind = taker.type.name
        taken = self.one_of([f"{kind}_0", f"{kind}_1", f"{kind}_0", *NAMES[kind][:2]])
        terms = {taker.name: taken}
        for field in fields:
            if field is not taker and (self.form == "aggregating" or self.often(7)):
                twice = field.type is taker.type and self.often(1)
                terms[field.name] = taken if twice else self.term(field.type.name)
        value = self.concludable(kind)
        if self.often(2):
            value = "none"
        elif kind == "number" and self.form != "recursive" and self.often(2):
            value = f"1 / {self.one_of((self.term(kind), '0'))}"
        if self._take(f"{atom(name, terms)} else {taken} = {value}"):
            self.bound[taken] = kind
            self.nones += [taken] if value == "none" else []

    def add_binding(self) -> None:
        kind = "number" if self.often(7) else self.one_of(KINDS)
        value = self.expression(kind)
        name = f"{kind}_{self.one_of((2, 3))}"
        if self._take(f"{name} = {value}"):
            self.bound[name] = kind
            self.computed.add(name)

    def add_comparison(self) -> None:
        kind = self.one_of(sorted(set(self.bound.values())) or KINDS)
        depth = self.one_of((0, 2))
        left, right = self.expression(kind, depth), self.expression(kind, depth)
        relation = self.one_of(RELATIONS)
        if self.often(2):
            left = self.one_of([left, UNSET, *self.nones, *self.nones])
            right = self.one_of(("none", UNSET))
        choices = [f"{left} {relation} {right}", f"{right} {relation} {left}"]
        self._take(*choices, *(f"{left} {other} {right}" for other in RELATIONS))

    def add_absence(self) -> None:
        name, terms, rest = self.one_of(self.lower), dict[str, str](), dict[str, str]()
        for field in SANDBOX.templates[name].fields:
            kind = field.type.name
            match self.one_of(("known", "known", "known", "literal", "free", "free", "out")):
                case "known":
                    terms[field.name] = self.term(kind)
                case "literal":
                    terms[field.name] = self.literal(field)
                case "free":
                    terms[field.name] = self.one_of(FREE.get(kind, ["who"]))
                    rest[field.name] = self.constant(kind)
                case _:
                    rest[field.name] = self.constant(kind)
        self._take(f"not {atom(name, terms)}", f"not {atom(name, terms | rest)}")

    def add_nearest(self) -> None:
        """Facts with a number beyond one that is bound; the conclusion takes the next one."""
        numbers = [name for name, kind in self.bound.items() if kind == "number"]
        name = self.one_of([n for n in self.lower if "n" in SANDBOX.templates[n].by_name])
        known = {f.name: self.term(f.type.name) for f in SANDBOX.templates[name].fields}
        terms = {field: term for field, term in known.items() if self.often(5)} | {"n": NEXT}
        if numbers and self._take(atom(name, terms)):
            self.bound[NEXT] = "number"
            relation = self.one_of((">", ">=", "<", "<="))
            self._take(f"{NEXT} {relation} {self.one_of(numbers)}")
            self.next = f"{'max' if '<' in relation else 'min'}({NEXT})"
        else:
            self.form = "plain"

    def add_of_group(self) -> None:
        """A number that follows from a name by which the conclusion is grouped."""
        texts = [name for name, kind in self.bound.items() if kind == "text"]
        keyed = [name for name in self.lower if "n" in SANDBOX.templates[name].by_name]
        keyed = [name for name in keyed if SANDBOX.templates[name].key == ("a",)]
        if texts:
            key = self.one_of(texts)
            if self._take(atom(self.one_of(keyed), {"a": key, "n": OF_GROUP})):
                self.follows.append((key, OF_GROUP))
                self.group = key
                if self.often(5):
                    self._take(f"{OF_GROUP} {self.one_of(RELATIONS)} {self.constant('number')}")

    # What stands in conditions and conclusions

    def literal(self, field: Field) -> str:
        if not field.required and self.often(4):
            return self.one_of(("none", UNSET))
        return self.constant(field.type.name)

    def constant(self, kind: str) -> str:
        is_set = kind in PARAMETERS and self.often(2)
        return PARAMETERS[kind] if is_set else spelled(self.value(kind))

    def term(self, kind: str) -> str:
        barred = self.computed if self.form == "recursive" else ()
        fitting = FITTING.get(kind, [kind])
        known = [n for n, found in self.bound.items() if found in fitting and n not in barred]
        return self.one_of(known) if known and self.often(8) else self.constant(kind)

    def expression(self, kind: str, depth: int = 2) -> str:
        if kind != "number" or depth == 0 or self.form == "joining" or self.often(4):
            return self.term(kind)
        one, other = (self.expression(kind, depth - 1) for _ in range(2))
        return self.one_of(OPERATIONS).format(one, other)

    def concludable(self, kind: str) -> str:
        """A recursive rule may not compute what it concludes."""
        return self.term(kind) if self.form == "recursive" else self.expression(kind)

    # Conclusions

    def concludable_in(self, layer: int) -> Template:
        shapes = RECURSIVE if self.form == "recursive" else [*SHAPES, *RECURSIVE]
        if self.form in ("plain", "aggregating") and "q" in self.bound:
            shapes = [*shapes, *["Known"] * 8]
        names = [f"{shape}{layer}" for shape in shapes]
        joined = [name for name in names if name in self.looked_up]
        others = [name for name in names if name not in joined]
        return SANDBOX.templates[self.one_of(joined if self.form == "joining" else others)]

    def head(self, found: Template) -> str:
        fields = [field for field in found.fields if field.required or self.often(7)]
        totals = [field for field in fields if self.form == "aggregating" and self.is_total(field)]
        if self.form == "nearest":
            totals = [field for field in fields if field.type.name == "number"][:1]
        terms = {f.name: self.concludable(f.type.name) for f in fields if f not in totals}
        if self.group and "a" in terms:
            terms["a"] = self.group
        settled = [term for term in terms.values() if self.bound.get(term) == "number"]
        settled += [n for key, n in self.follows if key in terms.values() or key not in self.bound]
        if self.form == "nearest":
            terms |= {field.name: self.next for field in totals}
        else:
            terms |= {field.name: self.total(field.type.name, settled) for field in totals}
        return atom(found.name, terms)

    def is_total(self, field: Field) -> bool:
        return self.often({"number": 8, "text": 2, "truth": 3}.get(field.type.name, 0))

    def total(self, kind: str, settled: Sequence[str]) -> str:
        """An aggregate, by itself or with another and with names that are settled in the group."""
        if kind != "number":
            return f"{self.one_of(('min', 'max'))}({self.expression(kind)})"
        one, other = (f"{self.one_of(AGGREGATES)}({self.expression(kind, 1)})" for _ in range(2))
        beside = self.one_of(settled) if settled else self.constant(kind)
        return self.one_of(TOTALS).format(one, other, beside)


def atom(template: str, terms: Mapping[str, str]) -> str:
    """The template with its terms; a name that is the field's is written once."""
    inside = (field if field == term else f"{field}: {term}" for field, term in terms.items())
    return f"{template}({', '.join(inside)})"
