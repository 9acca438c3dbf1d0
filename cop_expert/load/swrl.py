"""SWRL rules of ontologies in, rules of ours out: checked, run and explained like any other.

A class atom on a template is a condition, or a conclusion, and the property atoms on the same thing
are its terms. An individual that is a row, such as a hand-off, has no name in our rules, so it may
only tie its own properties together. A property between two things is the row that says the same.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from rdflib import RDF, RDFS, Graph, Literal, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from cop_expert.load.alignment import Alignment
from cop_expert.load.called import Called, last_part
from cop_expert.load.swrl_xml import SWRL
from cop_expert.load.vocabulary import name_of
from cop_expert.model.arithmetic import can_be_held, to_millionths
from cop_expert.model.diagnostic import Diagnostic, did_you_mean
from cop_expert.model.origin import Origin
from cop_expert.model.rule import (
    Atom,
    Comparison,
    Condition,
    Constant,
    Expression,
    Operation,
    Presence,
    Rule,
    Rulebook,
    Sentence,
    Slot,
    Variable,
)
from cop_expert.model.template import Template, Value, Vocabulary

ENABLED = URIRef("http://swrl.stanford.edu/ontologies/3.3/swrla.owl#isRuleEnabled")
BUILTINS = "http://www.w3.org/2003/11/swrlb#"
COMPARISONS = {
    "equal": "=",
    "notEqual": "!=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
}
ARITHMETIC = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
PROPERTIES = (SWRL.IndividualPropertyAtom, SWRL.DatavaluedPropertyAtom)
MOST_ATOMS = 100
"""In the body of a rule, in its head, and among what a built-in reckons with."""
BRACES = re.compile(r"\{([^{}]+)\}")


class Unfit(Exception):
    """Why a rule cannot be one of ours, and what to do about it."""

    def __init__(self, message: str, advice: str) -> None:
        self.advice = advice
        super().__init__(message)


def read_rules(
    graphs: Mapping[str, Graph], vocabulary: Vocabulary, called: Called, alignment: Alignment
) -> tuple[Rulebook, list[Diagnostic]]:
    """The rules of all ontologies, those apart that are switched off; what cannot be read."""
    rules: list[Rule] = []
    problems = []
    for source, graph in graphs.items():
        for imp in sorted(graph.subjects(RDF.type, SWRL.Imp), key=lambda imp: _title(graph, imp)):
            if str(graph.value(imp, ENABLED)) == "false":
                continue
            reader = _Reader(graph, imp, Origin(source), vocabulary, called, alignment)
            try:
                rules.append(reader.rule())
            except Unfit as unfit:
                message = f"the rule {reader.title!r} cannot be read: {unfit}"
                problems.append(Diagnostic("unfit-rule", message, Origin(source), unfit.advice))
    return Rulebook(rules=tuple(rules)), problems


def _title(graph: Graph, imp: Node) -> str:
    """What a rule is called; the same wherever it is read."""
    labels = sorted(map(str, graph.objects(imp, RDFS.label)))
    return labels[0] if labels else last_part(imp) or "rule"


class Growing(Struct):
    """An atom of ours that grows by the property atoms on its thing."""

    template: Template
    terms: dict[str, Expression]
    thing: Node | None = None
    """The individual that it is about; None for a row that says how two things stand."""


class _Reader:
    """Reads one rule."""

    def __init__(
        self,
        graph: Graph,
        imp: Node,
        origin: Origin,
        vocabulary: Vocabulary,
        called: Called,
        alignment: Alignment,
    ) -> None:
        self.graph = graph
        self.imp = imp
        self.origin = origin
        self.vocabulary = vocabulary
        self.called = called
        self.title = _title(graph, imp)
        names = {iri: name for name, iri in vocabulary.iris.items()}
        self.names = names
        self.variables: dict[Node, str] = {}
        """What our rule calls each."""
        self.written = {name_of(node) for node in graph.subjects(RDF.type, SWRL.Variable)}
        self.relations = {
            relation.predicate: (template, relation)
            for template in vocabulary.templates.values()
            for relation in alignment.between(template)
            if relation.subject
        }

    def rule(self) -> Rule:
        body, conditions = self.atoms(SWRL.body)
        heads, others = self.atoms(SWRL.head)
        if others or not heads:
            raise Unfit(
                "its conclusion is no fact", "conclude that something is of a class of yours"
            )
        return Rule(
            name=re.sub(r"\W+", "-", self.title.casefold()).strip("-") or "rule",
            body=(*map(Presence, body), *conditions),
            heads=tuple(heads),
            because=self.comment,
            sentence=self.sentence(),
            basis=f"A rule of the ontology {self.origin.source.rpartition('/')[2]}.",
            quiet=False,
            replaces=False,
            origin=self.origin,
        )

    @property
    def comment(self) -> str:
        comments = sorted(map(str, self.graph.objects(self.imp, RDFS.comment)))
        return comments[0] if comments else f"so says the rule “{self.title}”"

    def sentence(self) -> Sentence:
        """The comment with the variables in braces filled in."""
        pieces: list[str | Slot] = list(BRACES.split(self.comment))
        called = {name_of(node): name for node, name in self.variables.items()}
        for place in range(1, len(pieces), 2):
            name = str(pieces[place])
            pieces[place] = Slot(Variable(called.get(name, _fitting(name)), self.origin), "")
        return tuple(pieces)

    # Atoms

    def atoms(self, end: URIRef) -> tuple[list[Atom], list[Condition]]:
        """What the body, or the head, says: facts, and what is compared or reckoned."""
        nodes = self.listed(self.imp, end)
        conditions: list[Condition] = []
        by_kind = {node: self.graph.value(node, RDF.type) for node in nodes}
        rows = {self.property_of(node) for node, kind in by_kind.items() if kind in PROPERTIES}
        drawn = [self.of_class(n, rows) for n, kind in by_kind.items() if kind == SWRL.ClassAtom]
        for node, kind in by_kind.items():
            match kind:
                case SWRL.ClassAtom:
                    continue
                case _ if kind in PROPERTIES:
                    self.add_property(node, drawn)
                case SWRL.BuiltinAtom:
                    conditions.append(self.builtin(node))
                case SWRL.SameIndividualAtom:
                    conditions.append(self.pair(node, "="))
                case SWRL.DifferentIndividualsAtom:
                    conditions.append(self.pair(node, "!="))
                case _:
                    raise Unfit("it asks for a datatype", "ask for a class, or compare the value")
        return [
            Atom(d.template.name, tuple(d.terms.items()), self.origin) for d in drawn
        ], conditions

    def property_of(self, node: Node) -> tuple[Node, str]:
        """The thing, and the name of the property that it has."""
        iri = URIRef(str(self.graph.value(node, SWRL.propertyPredicate)))
        return self.argument(node, 1), self.names.get(str(iri), last_part(iri))

    def of_class(self, node: Node, rows: set[tuple[Node, str]]) -> Growing:
        """What it is to be of a class: a fact about the thing, or a thing that is a fact itself."""
        kind, thing = self.predicate(node, SWRL.classPredicate), self.argument(node, 1)
        template = self.vocabulary.templates.get(kind)
        if template is None:
            declared, field = self.vocabulary.declarers().get(kind, ("", ""))
            if not declared:
                near = did_you_mean(kind, self.vocabulary.templates)
                raise Unfit(f"no template is called {kind}", near or "see docs/tables.md")
            return Growing(self.vocabulary.templates[declared], {field: self.term(thing)})
        if template.itself:
            return Growing(template, {template.itself: self.term(thing)}, thing)
        if any((thing, field) in rows for field in template.names):
            return Growing(template, {}, thing)
        if len(template.key) == 1:
            return Growing(template, {template.key[0]: self.term(thing)}, thing)
        raise Unfit(f"nothing is said of a {template.label}", "add its properties")

    def add_property(self, node: Node, drawn: list[Growing]) -> None:
        """A term of what is said of the same thing, or a fact of its own."""
        predicate = str(self.graph.value(node, SWRL.propertyPredicate))
        (thing, name), value = self.property_of(node), self.argument(node, 2)
        about = [d for d in drawn if d.thing == thing and name in d.template.by_name]
        free = [d for d in about if name not in d.terms]
        if free:
            free[0].terms[name] = self.term(value)
        elif predicate in self.relations:
            template, relation = self.relations[predicate]
            ends = {relation.subject: self.term(thing), relation.object: self.term(value)}
            drawn.append(Growing(template, ends))
        else:
            template = self.owner(name)
            terms = {template.itself: self.term(thing), name: self.term(value)}
            drawn.append(Growing(template, terms, thing))

    def owner(self, name: str) -> Template:
        """The only kind of thing that has the property."""
        templates = self.vocabulary.templates.values()
        found = [t for t in templates if t.itself not in ("", name) and name in t.by_name]
        if len(found) != 1:
            advice = "add a class atom that says what it is a property of"
            raise Unfit(f"it is open whose property {name} is", advice)
        return found[0]

    def builtin(self, node: Node) -> Condition:
        """A comparison; what is reckoned is compared with its result, which it may give."""
        name = str(self.graph.value(node, SWRL.builtin)).removeprefix(BUILTINS)
        terms = [self.term(term) for term in self.listed(node, SWRL.arguments)]
        if name in COMPARISONS and len(terms) == 2:
            return Comparison(COMPARISONS[name], terms[0], terms[1], self.origin)
        if name in ARITHMETIC and len(terms) > 2:
            result, reckoned, *others = terms
            for other in others:
                reckoned = Operation(ARITHMETIC[name], (reckoned, other), self.origin)
            return Comparison("=", result, reckoned, self.origin)
        known = ", ".join([*COMPARISONS, *ARITHMETIC])
        raise Unfit(f"the built-in {name} is not known here", f"these are: {known}")

    def pair(self, node: Node, operator: str) -> Condition:
        """That two are the same, or not."""
        one, other = (self.term(self.argument(node, number)) for number in (1, 2))
        return Comparison(operator, one, other, self.origin)

    # Terms

    def listed(self, node: Node, predicate: URIRef) -> list[Node]:
        """The members of the list to which the predicate leads."""
        found = self.graph.value(node, predicate)
        members = list(Collection(self.graph, found)) if found else []
        if len(members) > MOST_ATOMS:
            message = f"a list in it has {len(members):,} members; {MOST_ATOMS} are the most"
            raise Unfit(message, "conclude a part of it in a rule of its own")
        return members

    def predicate(self, node: Node, which: URIRef) -> str:
        """The name of a class, as rules call it."""
        iri = self.graph.value(node, which)
        if not isinstance(iri, URIRef):
            raise Unfit("it asks for a class without a name", "give the class a name")
        return self.names.get(str(iri), last_part(iri))

    def argument(self, node: Node, number: int) -> Node:
        found = self.graph.value(node, SWRL[f"argument{number}"])
        if found is None:
            raise Unfit("an atom lacks an argument", "complete it in Protégé")
        return found

    def term(self, node: Node) -> Expression:
        """A variable, an individual by its name, or a value."""
        if (node, RDF.type, SWRL.Variable) in self.graph:
            return Variable(self.variable(node), self.origin)
        if isinstance(node, Literal):
            return Constant(_value(node))
        return Constant(self.called.identity(node))

    def variable(self, node: Node) -> str:
        """Its own name, as far as rules of ours can bear it and no other variable bears it."""
        if node not in self.variables:
            own = name_of(node) if isinstance(node, URIRef) else ""
            name = _fitting(own)
            while name in self.variables.values() or name in self.written - {own}:
                name += "_"
            self.variables[node] = name
        return self.variables[node]


def _fitting(name: str) -> str:
    """A name for a variable, as rules of ours write it."""
    fitting = re.sub(r"\W", "_", name)
    return fitting if fitting[:1].islower() else f"v_{fitting}"


def _value(literal: Literal) -> Value:
    if str(literal.datatype or "").endswith("#boolean"):
        return str(literal) == "true"
    if isinstance(literal.value, str) or literal.value is None:
        return str(literal)
    try:
        number = Decimal(str(literal))
    except InvalidOperation:
        return str(literal)
    if not can_be_held(number):
        raise Unfit(f"it speaks of {str(literal)[:40]}", "write a number of at most nine trillion")
    return to_millionths(number)
