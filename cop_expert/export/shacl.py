"""What a client may give as SHACL shapes, so that others can check it before they send it.

A shape for each given template, and one for each of its fields, all from the ontology: who checks a
file of knowledge against them hears of what `check` would hear of. Two facts with one key, circles
and names that nothing declares are asked for in SPARQL.
"""

from collections.abc import Iterator
from pathlib import Path

from cop_expert.export.concluded import Concluded
from cop_expert.export.individuals import segment
from cop_expert.export.terms import PREFIXES, block, iri_safe, literal, number, term
from cop_expert.export.turtle import BASE
from cop_expert.load.circles import start_of
from cop_expert.load.references import parts_of
from cop_expert.model.measure import PLAIN
from cop_expert.model.template import Datatype, Field, Kind, Template, Vocabulary

Said = dict[str, list[str]]

NUMBERS = ("xsd:decimal", "xsd:integer", "xsd:double", "xsd:float")
TEXTS = ("xsd:string", "rdf:langString")
LABEL = f"<{PREFIXES['rdfs']}label>"


def write(concluded: Concluded, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_Shapes(concluded.vocabulary).text(concluded.name))


class _Shapes:
    """Writes the shapes of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.declarers = vocabulary.declarers()

    def text(self, name: str) -> Iterator[str]:
        yield from (f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
        yield f"@base <{BASE}{segment(name)}/shapes> .\n\n"
        yield block("<>", ["owl:Ontology"], {"rdfs:label": [literal(f"{name}: shapes")]})
        for template in self.vocabulary.given():
            yield "\n"
            yield from self.shapes(template)

    def shapes(self, template: Template) -> Iterator[str]:
        fields = [field for field in template.fields if field.name != template.itself]
        names = [f"<#{template.name}/{segment(field.name)}>" for field in fields]
        said = {
            "sh:targetClass": [term(self.vocabulary.iris[template.name])],
            "rdfs:label": [literal(template.label)],
            "rdfs:comment": [literal(template.comment)],
            "sh:property": names,
            "sh:sparql": list(self.questions(template)),
        }
        yield block(f"<#{template.name}>", ["sh:NodeShape"], said)
        for name, field in zip(names, fields, strict=True):
            yield block(name, ["sh:PropertyShape"], self.property(template, field))

    def property(self, template: Template, field: Field) -> Said:
        """How often a field stands in a fact, and what it holds."""
        needed = field.required and field.default is None
        said = {
            "sh:path": [term(self.vocabulary.iris[field.name])],
            "sh:name": [literal(field.label)],
            "sh:message": [literal(f"{field.label}: {field.hint}")] if field.hint else [],
            "sh:minCount": ["1"] if needed else [],
            "sh:maxCount": [] if field.many else ["1"],
        }
        held = self.individuals(template, field) if field.type.is_reference else _values(field.type)
        return said | held

    # What a field refers to

    def individuals(self, template: Template, field: Field) -> Said:
        """A thing of one of the classes, declared where a table would declare it."""
        said: Said = {"sh:nodeKind": ["sh:IRI"]}
        choices = [self.declared(kind) for kind in sorted(field.type.classes)]
        if field.name != template.declares and all(choices):
            return said | _either([choice for choice in choices if choice])
        return said

    def declared(self, kind: str) -> Said | None:
        """That a thing is of the class; nothing where the ontology says no place to declare it."""
        own, field = self.declarers.get(kind, (kind, ""))
        declared = kind in self.vocabulary.individuals or self.vocabulary.templates.get(own)
        if own == kind:
            return {"sh:class": [term(self.vocabulary.iris[kind])]} if declared else None
        path = f"[ sh:inversePath {term(self.vocabulary.iris[field])} ]"
        declaring = f"[ sh:class {term(self.vocabulary.iris[own])} ]"
        named = f"[ sh:path {path} ; sh:qualifiedValueShape {declaring} ; sh:qualifiedMinCount 1 ]"
        return {"sh:node": [f"[ sh:property {named} ]"]}

    # What only shows in the whole

    def questions(self, template: Template) -> Iterator[str]:
        yield _constraint(
            f"there is a second {template.label} like this: keep one of the two",
            self.second(template),
        )
        for field in template.fields:
            if field.acyclic:
                yield _constraint(
                    f"{field.label} leads back to where it started",
                    self.circle(template, field),
                )
        if template.must_be:
            made = self.vocabulary.templates[template.must_be]
            yield _constraint(f"there is no such {made.label}", self.unmade(made))

    def second(self, template: Template) -> str:
        """Another fact with the same key, or another thing with the same name."""
        # What kind the other is comes last: there are many of a kind, and few with the same values.
        joins, filters = [], [f"FILTER EXISTS {{ ?other a {self.iri(template.name)} }}"]
        if template.itself and not template.naming:
            joins += [f"$this {LABEL} ?name .", f"?other {LABEL} ?name ."]
        for place, name in enumerate(self.telling(template)):
            here, there = (f"{who} {self.iri(name)} ?v{place} ." for who in ("$this", "?other"))
            if template.by_name[name].required:
                joins += [here, there]
            else:  # a blank counts as a value
                filters.append(f"FILTER NOT EXISTS {{ {here} FILTER NOT EXISTS {{ {there} }} }}")
                filters.append(f"FILTER NOT EXISTS {{ {there} FILTER NOT EXISTS {{ {here} }} }}")
        return " ".join([*joins, "FILTER(?other != $this)", *filters])

    def telling(self, template: Template) -> tuple[str, ...]:
        """The fields, apart from a name, that tell two facts of the template apart."""
        if template.itself:
            return tuple(parts_of(template.naming))
        return template.key

    def circle(self, template: Template, field: Field) -> str:
        end = self.iri(field.name)
        if template.itself:
            return f"$this {end}+ $this ."
        start = self.iri(start_of(template, field))
        return f"$this {start} ?start . ?start (^{start}/{end})+ ?start ."

    def unmade(self, made: Template) -> str:
        """That nothing has been made of the same parts."""
        parts = [(self.iri(part), f"?v{n}") for n, part in enumerate(parts_of(made.naming))]
        here = " ".join(f"$this {part} {value} ." for part, value in parts)
        there = " ".join(f"?made {part} {value} ." for part, value in parts)
        return f"{here} FILTER NOT EXISTS {{ ?made a {self.iri(made.name)} . {there} }}"

    def iri(self, name: str) -> str:
        return f"<{iri_safe(self.vocabulary.iris[name])}>"


def _values(datatype: Datatype) -> Said:
    """A value of the datatype, written as RDF writes its kind."""
    match datatype.kind:
        case Kind.NUMBER:
            said = _either([{"sh:datatype": [kind]} for kind in NUMBERS])
        case Kind.TRUTH:
            said = {"sh:datatype": ["xsd:boolean"]}
        case Kind.TEXT:
            said = _either([{"sh:datatype": [kind]} for kind in TEXTS])
    bounds = {
        "sh:minInclusive": datatype.least,
        "sh:minExclusive": datatype.above,
        "sh:maxInclusive": datatype.most,
    }
    said |= {name: [number(n, PLAIN)] for name, n in bounds.items() if n is not None}
    if datatype.choices:
        said["sh:in"] = [f"( {' '.join(map(literal, datatype.choices))} )"]
    if datatype.pattern:
        said["sh:pattern"] = [literal(f"^(?:{datatype.pattern})$")]
    return said


def _either(choices: list[Said]) -> Said:
    if len(choices) == 1:
        return choices[0]
    listed = " ".join(f"[ {p} {o} ]" for choice in choices for p, (o,) in choice.items())
    return {"sh:or": [f"( {listed} )"]}


def _constraint(message: str, question: str) -> str:
    select = literal(f"SELECT $this WHERE {{ {question} }}")
    return f"[ a sh:SPARQLConstraint ; sh:message {literal(message)} ; sh:select {select} ]"
