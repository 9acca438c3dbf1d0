"""A place at which a statement cannot be read on in; what is wrong there, in words, out.

What was expected follows from the grammar. What to write instead is told where the mistake is one
that people often make: two tables list these by how the text looks around the place.
"""

import re

from lark import UnexpectedInput, UnexpectedToken

from cop_expert.model.diagnostic import Diagnostic
from cop_expert.model.origin import Origin

SHOWN = 40
"""The most characters of a file that a message repeats."""
AROUND = 200
"""The characters before and after the place that are looked at."""

# What was expected, in words: the first line whose tokens were all expected takes them out.
# Arithmetic may go on almost anywhere, and is passed over.

VALUE = {"LPAR", "MINUS", "NUMBER", "STRING", "TRUE", "FALSE", "NONE", "NAME", "FUNCTION"}
IN_WORDS: tuple[tuple[set[str], list[str]], ...] = (
    ({"RULE", "PARAMETER", "SET"}, ["`rule`", "`parameter`", "`set`"]),
    ({"NOT", "TEMPLATE", *VALUE}, ["a condition such as `Post(post)`"]),
    (VALUE, ["a value"]),
    (VALUE - {"LPAR", "NAME", "FUNCTION"}, ["a value"]),
    ({"PLUS", "MINUS", "TIMES", "OVER"}, []),
    ({"PLUS", "MINUS"}, []),
    ({"COMPARISON", "EQUALS"}, ["a comparison such as `>=`"]),
    ({"RPAR", "NAME"}, ["the name of a field"]),
    ({"BECAUSE"}, ["`because`"]),
    ({"BASIS"}, ["`basis`"]),
    ({"THEN"}, ["`then`"]),
    ({"IF"}, ["`if`"]),
    ({"COLON"}, ["`:`"]),
    ({"COMMA", "RPAR"}, ["a comma", "`)`"]),
    ({"COMMA"}, ["a comma", "a new line"]),
    ({"LPAR"}, ["`(`"]),
    ({"EQUALS"}, ["`=`"]),
    ({"STRING"}, ["a text in quotation marks"]),
    ({"RULE_NAME"}, ["the rule's name"]),
    ({"NAME"}, ["a name"]),
    ({"TEMPLATE"}, ["a template such as `Post`"]),
    ({"NUMBER"}, ["a number"]),
)

KEYWORDS = "rule|parameter|set|replace|if|then|not|else|because|basis|quiet|true|false|none|above"
CAPITALS = rf"(?!(?:{KEYWORDS})\b)(?i:{KEYWORDS})\b"
CAPITAL, SMALL = "[A-ZÀ-ÖØ-Þ]", "[a-zß-öø-ÿ]"

# Mistakes that read like something else, so that reading stops behind them. How the text looks,
# with ‸ at the place and the mistake named `it`; what is wrong; what to do.

MISREAD = (
    (rf"\b(?P<it>{CAPITALS})\s*‸", "`{it}` has a capital letter", "write it in small letters"),
    (r"\A\s*(?P<it>rules)\b", "`rules` begins nothing", "write `rule`, once for each of them"),
    (r"\brule\s+(?P<it>if)\s‸", "the rule has no name", "write `rule`, a name, and then `if`"),
    (r"\bif\s+(?P<it>then)\s‸", "there is no condition", "write one between `if` and `then`"),
    (r"\bif\b(?:.|\n)*\b(?P<it>if)\s+‸", "`if` stands here a second time",
     "leave it out: conditions are joined by a comma or a new line"),
    (r",\s*(?P<it>then)\s‸", "no condition follows the comma", "leave the comma out"),
    (r'(?P<it>‸"[^"\\\n]*(\\.[^"\\\n]*)*(\n|\Z))', "the text that begins here does not end",
     "close the quotation marks on the same line"),
    (r'\b(?P<it>because|basis)\s+‸"', "there is no `then`", "write it before what is concluded"),
    (r"(?P<it>\b\d+(‸,\d+|,‸\d+|,\d+\s*‸))", "a number has a decimal comma",
     "write a point: `0.5`"),
    (rf"\b(?!not\b)(?P<it>{SMALL}\w*)\s*‸\(", "`{it}` is neither a template nor a function",
     "templates begin with a capital letter; functions are `sum count min max round`"),
    (rf"\b(?P<it>{CAPITAL}\w*)\s*‸[<>=!+*/-]", "`{it}` looks like a template",
     "a variable begins with a small letter"),
    (r"\b(?P<it>(?i:and|let|var))\s+‸", "`{it}` is no word of the rule language",
     "leave it out: conditions are joined by a comma or a new line"),
    (r"\b(?P<it>(?i:or))\s+‸", "`{it}` is no word of the rule language",
     "write a rule for each case"),
)  # fmt: skip

# What to write instead of what stands at the place.

INSTEAD = (
    # words
    (rf"‸{CAPITALS}", "write it in small letters"),
    (r"\A\s*‸\w+\s*=", 'an engagement sets a parameter so: `set relevant = 0.3 "the client asks"`'),
    (r"‸(?i:and\b|&)", "conditions are joined by a comma or a new line"),
    (r"‸(?i:or\b|\|)", "there is no `or`: write a rule for each case"),
    # signs
    (r"=‸=", "write a single `=`"),
    (r"[)\n]\s*‸(=>|->|→|⇒)", "write `then`"),
    (r"=‸>|‸≥", "write `>=`"),
    (r"=‸<|‸≤", "write `<=`"),
    (r"<‸>|‸≠", "write `!=`"),
    (r"‸:=", "write `=`"),
    (r"‸[!¬~]", "write `not`"),
    (r"‸[×·]", "write `*`"),
    (r"‸÷", "write `/`"),
    (r"‸[−–—]", "write `-`"),
    (r"‸\^|\*‸\*", "there are no powers: multiply"),
    (r"‸(//|--|/\*)|/‸/", "a comment begins with `#`"),
    (r"‸;", "write a comma or a new line"),
    (r"‸[\[{]", "write round brackets"),
    (r"‸[?$@]", "a variable is a plain name: `item`"),
    # texts and numbers
    (r"\d‸['’]\d", "write the number without marks between its digits"),
    (r"‸[“”„«»‘’'`]", 'write straight quotation marks: `"…"`'),
    (r'"‸\w[^"\n]*"', 'inside a text a quotation mark is written `\\"`'),
    (r"\d\s*‸%", "a share is a number from 0 to 1: 50 % is `0.5`"),
    (r"‸\.\d", "write a `0` before the point"),
    (rf"\bparameter\s.*\d\s*‸{SMALL}", "a lower bound is written `above 0`"),
    (rf"\d\s*‸{SMALL}", "numbers have no units, and a comma or a new line parts conditions"),
    # the beginning of a rule
    (r"\brule\s*‸[\"\d]", "a name begins with a letter and has no quotation marks: `my-own-rule`"),
    (rf"\brule +[\w-]+ +‸{SMALL}", "a name is one word: `my-own-rule`"),
    (r"\b(rule +[\w-]+|if|then|because|basis)\s*‸:", "leave the colon out"),
    (r"\brule +[\w-]+\s+‸", "write `if` before the first condition"),
    # conditions and conclusions
    (r"\bnot\s+‸not\b", "write one `not`, or none"),
    (r"\bthen\s+‸not\b", "a rule concludes what there is: take a template that says it"),
    (r"\bnot\s+‸\(", "conclude what is in the brackets in a rule of its own, and negate that"),
    (rf"\bnot\s+‸{SMALL}", "only templates are negated; turn the comparison: `hours <= 3`"),
    (r"\belse\s+(\w+\s*)?‸", "write `else name = value`, with a name that the template has"),
    (r"[<>=]\s*[\w.]+\s*‸[<>=]", "two comparisons are two conditions: `3 < hours, hours < 5`"),
    (r"\w\s+‸(in|is|like|contains)\b", "compare by `=`, and write a rule for each case"),
    (r"\)\s*‸\w+\(", "part them with a comma or a new line"),
    (r"‸else\b", "write a second rule for the other case"),
    (rf"\bthen\s+‸{SMALL}", "a conclusion is a template with its fields: `Idle(item)`"),
    (r"‸because\b", "`because` comes once, before `basis` and `quiet`"),
    (r"\b(because|basis)\s*‸", "put the sentence into quotation marks"),
    # templates and their fields
    (r"[(,]\s*\w+\s*‸=", "write a colon between field and value: `field: value`"),
    (r"[(,]\s*‸[\"\d]", "name the field: `field: value`"),
    (r",\s*‸\)", "leave the last comma out"),
    (r":\s*‸\)", "leave the colon out, or write a value behind it"),
    (r"\)\s*‸\)", "leave it out: no bracket is open here"),
    (r"[a-z]\w*‸-\w", "join the parts of a name with `_`"),
    (r"\w‸\.", "a field stands in the brackets of its template: `Item(item, hours)`"),
    (rf"‸{CAPITAL}\w*\s*[^\w\s(]", "names begin with a small letter; texts have quotation marks"),
    (rf"\b{CAPITAL}\w*\s*‸", "write its fields in brackets: `Item(item)`"),
    (r"\(.*\w[^\S\n]+‸[\w\"]", "part fields with commas"),
    # parameters
    (r"\bparameter\s+\w+\s*‸", 'write it like this: `parameter name = 3 "what it means"`'),
    (r"\b(parameter|set)\s.*‸", "a value is one number, text, `true`, `false` or `none`"),
)  # fmt: skip

SHAPES = {
    "parameter": 'a parameter reads: parameter NAME = VALUE "what it means"',
    "set": 'a setting reads: set NAME = VALUE "why"',
}
RULE = 'a rule reads: rule NAME if CONDITIONS then CONCLUSIONS because "…" basis "…"'

TOKEN = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|#[^\n]*|\w+|[=<>!&|:-]+|\S')


def syntax_problem(error: UnexpectedInput, text: str, begin: Origin) -> Diagnostic:
    """What is wrong in the statement `text`, which begins at `begin`."""
    at = _position(error, text)
    around = f"{text[max(0, at - AROUND) : at]}‸{text[at : at + AROUND]}"
    for looks, says, advice in MISREAD:
        if match := re.search(looks, around):
            it = shown(match["it"].replace("‸", ""))
            at += match.start("it") - around.index("‸")
            return Diagnostic("syntax", says.format(it=it), _place(text, at, begin), advice)
    message = f"{_found(text, at)}, where {_expected(error)} was expected"
    place, opened = _place(text, at, begin), _open_bracket(text[:at])
    advice = next((instead for looks, instead in INSTEAD if re.search(looks, around)), "")
    ends = re.match(rf"\s*(?:(?:{KEYWORDS})\b|\Z)", text[at:])
    if opened is not None and (ends or ("\n" in text[opened:at] and not advice)):
        second, says = _place(text, opened, begin), "this bracket is still open"
        return Diagnostic("syntax", message, place, "close it with `)`", second, says)
    shape = SHAPES.get(text.split(maxsplit=1)[0], RULE)
    return Diagnostic("syntax", message, place, advice or shape)


def _position(error: UnexpectedInput, text: str) -> int:
    """Where reading stops: behind the last word where the text ends too soon."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return max(token.end() for token in TOKEN.finditer(text) if token[0][0] != "#")
    return len(text) if error.pos_in_stream is None else error.pos_in_stream


def _found(text: str, at: int) -> str:
    """`hours` stands here; or the line ends, or the whole statement."""
    word = TOKEN.match(text, at)
    if word and word[0][0] != "#":
        return f"`{shown(word[0])}` stands here"
    whole = "line" if text.split(maxsplit=1)[0] in SHAPES or text[at:].strip() else "rule"
    return f"the {whole} ends"


def shown(text: str) -> str:
    """A piece of a file as a message repeats it: cut where it is long, in any terminal."""
    short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in short)


def _expected(error: UnexpectedInput) -> str:
    """What could have stood here."""
    expected = set(error.interactive_parser.accepts())  # type: ignore[no-untyped-call]
    words: list[str] = []
    for tokens, said in IN_WORDS:
        if tokens <= expected:
            expected -= tokens
            words += said
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])) or "the end of the rule"


def _open_bracket(text: str) -> int | None:
    """The last bracket that is opened and not closed."""
    still_open: list[int] = []
    for token in TOKEN.finditer(text):
        if token[0] == "(":
            still_open.append(token.start())
        elif token[0] == ")" and still_open:
            still_open.pop()
    return still_open[-1] if still_open else None


def _place(text: str, at: int, begin: Origin) -> Origin:
    line_start = text.rfind("\n", 0, at) + 1
    return Origin(begin.source, begin.line + text.count("\n", 0, at), at - line_start + 1)
