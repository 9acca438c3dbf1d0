"""All facts as RDF, each with what it was derived from: sorted Turtle, the same for the same facts.

A thing that has a name is one individual; any other fact is an individual of its own that refers to
things. PROV-O says why: the facts that a conclusion rests on, the rule, and where what was given
stands. What can be said in the words of ORG, SKOS and schema.org is said in these as well. Put into
the folder `knowledge` of an engagement, the file is knowledge again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from cop_expert.export.concluded import Concluded
from cop_expert.export.individuals import Individuals, segment
from cop_expert.export.reasons import Fact, Reason, Reasons
from cop_expert.export.terms import PREFIXES, block, literal, number, term
from cop_expert.facts import Row
from cop_expert.load.alignment import Alignment, Relation
from cop_expert.model.origin import Origin
from cop_expert.model.template import Field, Template, Value

BASE = "https://cop-expert.org/engagement/"

Located = tuple[Row, Origin, str]
"""A given fact, where it was read, and why it holds if nobody wrote it."""
Said = dict[str, list[str]]
"""What is said of a subject: each property with its objects."""


def write(concluded: Concluded, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(Turtle(concluded).text())


class Turtle:
    """Writes the facts of one engagement, a piece at a time."""

    def __init__(self, concluded: Concluded) -> None:
        self.concluded = concluded
        self.facts = concluded.facts
        self.vocabulary = concluded.vocabulary
        self.individuals = Individuals(concluded.facts)
        self.alignment = Alignment()
        self._kinds: dict[str, list[str]] = {}
        counted = ((t, self.facts.count(t.name)) for t in self.vocabulary.templates.values())
        self.templates = [template for template, count in counted if count]

    def text(self) -> Iterator[str]:
        yield from self.prefixes()
        yield block("<>", ["owl:Ontology"], {"rdfs:label": [literal(self.concluded.name)]})
        yield "\n\n# What is spoken of\n\n"
        yield from self.declarations()
        yield "\n\n# What the client gave\n\n"
        yield from self.names()
        for template in self.templates:
            if template.given:
                yield from self.given(template, self.facts.located(template.name))
        given = (template.name for template in self.templates if template.given)
        yield from self.sources(at for name in given for _, at, _ in self.facts.located(name))
        yield "\n\n# What was concluded, and from what\n\n"
        reasons = Reasons(self.concluded)
        for template in self.templates:
            if not template.given:
                for row, why in reasons.of(template.name):
                    yield self.inferred(template, row, why)
        yield "\n\n# The rules\n\n"
        yield from self.rules(self.concluded.rulebook.rules)

    def prefixes(self) -> Iterator[str]:
        yield from (f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
        yield f"@base <{BASE}{segment(self.concluded.name)}> .\n\n"

    # What is spoken of

    def declarations(self) -> Iterator[str]:
        """Each class and property that the file uses, so that it can be opened by itself."""
        said = {term(iri): (term(kind), "") for iri, kind in self.alignment.terms.items()}
        for kind in self.individuals.declared:
            said[self.own(kind)] = ("owl:Class", kind)
        for template in self.templates:
            said[self.own(template.name)] = ("owl:Class", template.label)
            for field in template.fields:
                of = "Object" if field.type.is_reference else "Datatype"
                said[self.own(field.name)] = (f"owl:{of}Property", field.label)
        above = {self.own(template.name): self.above(template) for template in self.templates}
        for name, (kind, label) in sorted(said.items()):
            labels = [literal(label)] if label else []
            kinds = above.get(name, [])
            yield block(name, [kind], {"rdfs:label": labels, "rdfs:subClassOf": kinds})

    def above(self, template: Template) -> list[str]:
        """The classes of which it is a kind, so that its individuals are theirs when read again."""
        names = self.vocabulary.above[template.name] - {template.name}
        return [self.own(name) for name in sorted(names & self.vocabulary.templates.keys())]

    def own(self, name: str) -> str:
        """One of the ontology's classes or fields."""
        return term(self.vocabulary.iris[name])

    def kinds(self, name: str) -> list[str]:
        """The class, and the standard ones above it."""
        if name not in self._kinds:
            self._kinds[name] = [self.own(name), *map(term, self.alignment.classes(name))]
        return self._kinds[name]

    # Things and facts

    def names(self) -> Iterator[str]:
        """Things that rows only name, such as roles."""
        for kind, names in self.individuals.declared.items():
            described = self.vocabulary.templates.get(kind)
            if not (described and described.itself):
                for name in sorted(names):
                    yield block(
                        _node(f"{kind}/{segment(name)}"), self.kinds(kind), self.called(name)
                    )

    def called(self, name: str) -> Said:
        """What something is called, and its id where that is another."""
        label = self.facts.names.label(name)
        identifier = [] if label == name else [literal(name)]
        return {"rdfs:label": [literal(label)], "dct:identifier": identifier}

    def given(self, template: Template, located: Iterable[Located]) -> Iterator[str]:
        """A block for each thing, whose rows may be several, or for each fact."""
        relations = self.alignment.relations(template)
        rows = ((self.node(template, found[0]), *found) for found in located)
        for subject, group in groupby(rows, lambda found: found[0]):
            said: Said = defaultdict(list)
            others: list[str] = []
            for _, row, origin, because in group:
                said |= self.naming(template, row)
                values = self.values(template, row)
                for field, value in values.items():
                    said[self.own(field)].append(value)
                for start, predicate, end, _ in _fitting(relations, values):
                    if end in values and not start:
                        said[term(predicate)].append(values[end])
                    elif end in values:
                        others.append(f"{values[start]} {term(predicate)} {values[end]} .\n")
                said["rdfs:comment"] += [literal(f"because {because}")] if because else []
                said["dct:source"].append(literal(str(origin)))
                said["prov:hadPrimarySource"].append(_source(origin.source))
            yield block(subject, self.kinds(template.name), said)
            yield from dict.fromkeys(others)

    def inferred(self, template: Template, row: Row, why: list[Reason]) -> str:
        """A conclusion, said aloud, with all that it rests on."""
        said = self.naming(template, row)
        for field, value in self.values(template, row).items():
            said[self.own(field)] = [value]
        said["rdfs:comment"] = [literal(reason.because) for reason in why if reason.because]
        premises = {fact for reason in why for fact in reason.premises}
        said["prov:wasDerivedFrom"] = sorted(map(self.premise, premises))
        said["prov:wasGeneratedBy"] = sorted({_inference(reason.rule) for reason in why})
        return block(self.node(template, row), self.kinds(template.name), said)

    def naming(self, template: Template, row: Row) -> Said:
        """A thing by its name, any other fact by the sentence that says it."""
        if template.itself:
            return self.called(str(row[template.position(template.itself)]))
        says = self.concluded.speaker.fact(
            template.name, dict(zip(template.names, row, strict=True))
        )
        return {"rdfs:label": [literal(says)]}

    def values(self, template: Template, row: Row) -> dict[str, str]:
        """The value of each field that is not absent, nor the thing itself."""
        pairs = zip(template.fields, row, strict=True)
        return {
            field.name: self.value(field, value)
            for field, value in pairs
            if value is not None and field.name != template.itself
        }

    def value(self, field: Field, value: Value) -> str:
        if field.type.is_reference:
            return _node(self.individuals.reference(field, str(value)))
        if isinstance(value, bool):
            return str(value).lower()
        return number(value, field.type) if isinstance(value, int) else literal(str(value))

    def node(self, template: Template, row: Row) -> str:
        return _node(self.individuals.fact(template, row))

    def premise(self, fact: Fact) -> str:
        return self.node(self.vocabulary.templates[fact[0]], fact[1])

    # Where it comes from

    def sources(self, origins: Iterable[Origin]) -> Iterator[str]:
        """The files in which the client's knowledge stands."""
        for source in sorted({origin.source for origin in origins}):
            yield block(_source(source), ["prov:Entity"], {"rdfs:label": [literal(source)]})

    def rules(self, names: Iterable[str]) -> Iterator[str]:
        """Each rule as a plan, and its work in this run as an activity."""
        for name in sorted(names):
            rule = self.concluded.rulebook.rules[name]
            plan = _node(f"rule/{segment(name)}")
            said = {
                "rdfs:label": [literal(name)],
                "dct:description": [literal(rule.basis)] if rule.basis else [],
                "dct:source": [literal(str(rule.origin))],
            }
            yield block(plan, ["prov:Plan"], said)
            yield block(_inference(name), ["prov:Activity"], {"prov:used": [plan]})


def _fitting(relations: list[Relation], values: dict[str, str]) -> Iterator[Relation]:
    """What the row says; where more is asked for than two things, and is so, nothing less."""
    special = {
        (relation.subject, relation.object): relation
        for relation in relations
        if relation.others and all(values.get(f) == value for f, value in relation.others)
    }
    for relation in relations:
        ends = (relation.subject, relation.object)
        if relation == special.get(ends) or not (relation.others or ends in special):
            yield relation


def _node(identifier: str) -> str:
    return f"<#{identifier}>"


def _source(file: str) -> str:
    return _node(f"file/{segment(file)}")


def _inference(rule: str) -> str:
    return _node(f"inference/{segment(rule)}")
