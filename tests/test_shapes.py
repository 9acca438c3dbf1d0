"""The shapes that are exported find what `check` finds, and nothing where it finds nothing."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from random_engagement import write_engagement
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from cop_expert import pipeline
from cop_expert.model.diagnostic import KnowledgeProblem

ROOT = Path(__file__).parent
EXAMPLES = ROOT.parent / "kb" / "examples"
COP = Namespace("https://cop-expert.org/ns#")
SHACL = Namespace("http://www.w3.org/ns/shacl#")
BREAD = Namespace("https://cop-expert.org/engagement/corner-bread#")


def shapes_and_data(folder: Path) -> tuple[Graph, Graph]:
    """The shapes of an engagement, and what was given to it."""
    run = pipeline.infer(pipeline.read(folder), "duckdb", "not kept")
    shapes, data = (pipeline.exported_text(run, form) for form in ("shacl", "turtle"))
    given, _, concluded = data.partition("\n# What was concluded")
    assert concluded
    return Graph().parse(data=shapes), Graph().parse(data=given)


SHAPES, DATA = shapes_and_data(ROOT / "errors" / "corner-bread")


def violations(data: Graph, shapes: Graph = SHAPES) -> list[str]:
    """What pyshacl says, each as the shape that is violated."""
    validate = import_module("pyshacl").validate
    conforms, report, _ = validate(data, shacl_graph=shapes)
    found = [
        str(shape).partition("shapes#")[2] for shape in report.objects(None, SHACL.sourceShape)
    ]
    assert conforms == (not found)
    return sorted(found)


def problems(data: Graph, folder: Path) -> list[str]:
    """What `check` says of the same file, each as its code."""
    (folder / "knowledge").mkdir(parents=True)
    data.serialize(folder / "knowledge" / "data.ttl", format="turtle")
    try:
        pipeline.check(folder)
    except KnowledgeProblem as problem:
        return sorted({found.code for found in problem.diagnostics})
    return []


@pytest.mark.parametrize("example", ["grand-hotel", "northwater"])
def test_examples_conform(example: str) -> None:
    if example == "northwater" and not os.environ.get("COP_SLOW"):
        pytest.skip("pyshacl reads each question anew for each fact: takes a minute, with COP_SLOW")
    shapes, data = shapes_and_data(EXAMPLES / example)
    assert len(list(data.subjects(RDF.type, COP.Use))) > 30
    assert violations(data, shapes) == []


@pytest.mark.parametrize("seed", [3, 8, 20, 41])
def test_random_engagements_conform(seed: int, tmp_path: Path) -> None:
    write_engagement(tmp_path, seed)
    _, data = shapes_and_data(tmp_path)
    assert violations(data) == []


def test_the_shapes_are_shapes() -> None:
    validate = import_module("pyshacl").validate
    conforms, _, text = validate(DATA, shacl_graph=SHAPES, meta_shacl=True)
    assert conforms, text


def first(kind: str) -> Node:
    return min(DATA.subjects(RDF.type, COP[kind]), key=str)


def instead(kind: str, field: str, value: Node | None) -> Callable[[Graph], None]:
    """Give the first fact of a kind another value, or none."""

    def change(data: Graph) -> None:
        data.remove((first(kind), COP[field], None))
        if value is not None:
            data.add((first(kind), COP[field], value))

    return change


def besides(template: str, **values: Node) -> Callable[[Graph], None]:
    """Add a fact."""

    def change(data: Graph) -> None:
        fact = BREAD[f"{template}/new"]
        data.add((fact, RDF.type, COP[template]))
        for field, value in values.items():
            data.add((fact, RDFS.label if field == "label" else COP[field], value))

    return change


def two_headcounts(data: Graph) -> None:
    for count in ("1.0", "2.0"):
        data.add((first("Post"), COP.headcount, Literal(count, datatype=XSD_DECIMAL)))


def circle(data: Graph) -> None:
    for unit in data.subjects(RDF.type, COP.Unit):
        data.set((unit, COP.part_of, unit))


XSD_DECIMAL = URIRef("http://www.w3.org/2001/XMLSchema#decimal")
BARON = BREAD["Role/Baron"]
STRANGER = BREAD["Practice/nobody_declares_it"]
DECISION: dict[str, Node] = {
    "kind": Literal("assign"),
    "subject": BREAD["Item/Sourdough_from_scratch"],
    "reason": Literal("a reason"),
    "by": Literal("the owner"),
    "on": Literal("2025-03-31"),
}
MISTAKES: dict[str, tuple[Callable[[Graph], None], str, str]] = {
    "below its range": (
        instead("Post", "headcount", Literal(-1.5)), "out-of-range", "Post/headcount"
    ),
    "above its range": (
        instead("Use", "importance", Literal(2)), "out-of-range", "Use/importance"
    ),
    "no number": (
        instead("Use", "importance", Literal("high")), "unreadable-number", "Use/importance"
    ),
    "missing": (instead("Coverage", "practice", None), "blank-cell", "Coverage/practice"),
    "not declared": (instead("Use", "practice", STRANGER), "unknown-reference", "Use/practice"),
    "held by no post": (instead("Use", "role", BARON), "unknown-reference", "Use/role"),
    "twice": (besides("Unit", label=Literal("Bakery")), "duplicate", "Unit"),
    "two values": (two_headcounts, "duplicate", "Post/headcount"),
    "a circle": (circle, "circle", "Unit"),
    "no word of the list": (
        besides("Decision", **DECISION | {"kind": Literal("dissolve")}),
        "unknown-word",
        "Decision/kind",
    ),
    "no date": (
        besides("Decision", **DECISION | {"on": Literal("soon")}), "malformed", "Decision/on"
    ),
}  # fmt: skip
"""What is changed, the code of what `check` says of it, and the shape that is violated."""


@pytest.mark.parametrize(("change", "code", "shape"), MISTAKES.values(), ids=list(MISTAKES))
def test_both_find_the_same_mistake(
    change: Callable[[Graph], None], code: str, shape: str, tmp_path: Path
) -> None:
    data = Graph() + DATA
    assert problems(data, tmp_path / "clean") == []
    change(data)
    assert code in problems(data, tmp_path / "wrong")
    assert shape in violations(data)
