"""A picture of a document in, the same as a file of its own out."""

import re

from cop_expert.resources import resource

ROOT = re.compile(r":root \{(.*?)\}", re.DOTALL)
VARIABLE = re.compile(r"--([\w-]+): ([^;]+);")


def standing_alone(svg: str, has_style: bool = True) -> str:
    """The drawing without what the document lays around it: as it is printed, dark on white."""
    drawn = re.search(r"<svg(.*</svg>)", svg, re.DOTALL)
    assert drawn
    begin, rest = '<svg xmlns="http://www.w3.org/2000/svg"', drawn[1]
    if has_style:
        tag, _, rest = rest.partition(">")
        rest = f'{tag} style="background: #ffffff"><style>{picture_style()}</style>{rest}'
    return begin + rest


def picture_style() -> str:
    """The rules about pictures, with the values of their variables."""
    style = resource("reports/templates/strategy.css").read_text(encoding="utf-8")
    root = ROOT.search(style)
    assert root
    values = dict(VARIABLE.findall(root[1]))
    begin, end = style.index("svg text"), style.index("/* The annex")
    rules = style[begin:end]
    for name, value in values.items():
        rules = rules.replace(f"var(--{name})", value)
    return f"text {{ font-family: {values['sans']}; font-size: 13px; }}\n{rules}"
