"""The ways in which a clause adds to a fact in, the ledger that ought to stand in its proof out."""

from fractions import Fraction

from msgspec.structs import replace

from cop_expert.model import rule as r
from cop_expert.model.arithmetic import UNIT
from cop_expert.model.measure import PLAIN, SHARE
from cop_expert.model.proof import Ledger, Line
from cop_expert.model.template import Template
from cop_expert.replay.aloud import Aloud
from cop_expert.replay.reckon import Names, reckoned, stored


class Adding:
    """What the first aggregate of a clause's conclusion adds up."""

    def __init__(self, clause: r.Clause, template: Template, aloud: Aloud) -> None:
        field, term = next((f, t) for f, t in clause.head if r.is_aggregated(t))
        aggregate = next(part for part in r.parts(term) if isinstance(part, r.Aggregate))
        self.aloud = aloud
        self.function = aggregate.function
        self.operand = aggregate.operand
        # A number is said as what the conclusion measures, or else as what is added to it.
        typed = isinstance(self.operand, r.Variable)
        self.datatype = clause.types[self.operand.name] if typed else None  # type: ignore[union-attr]
        match term:
            case r.Aggregate():
                self.datatype = template.by_name[field].type
            case r.Operation("/", (r.Aggregate("sum", each), whole), origin):
                if not r.is_aggregated(whole):
                    self.operand = r.Operation("/", (each, whole), origin)
                    self.datatype = template.by_name[field].type

    def ledger(self, told: Ledger, listed: list[Names], group: list[Names]) -> Ledger:
        """The ledger as it ought to be; what its lines say beside numbers is kept."""
        shown, amounts = (list(map(self._amount, ways)) for ways in (listed, group))
        total = sum(amounts, Fraction(0))
        rest = total - sum(shown)
        lines = [self._line(*pair, total) for pair in zip(told.lines, shown, strict=True)]
        return Ledger(
            self.function,
            tuple(lines) if self._are_first(listed, group) else (),
            _whole(total),
            len(group) - len(listed),
            _whole(rest) if self.function in ("sum", "count") else 0,
            self._said(rest),
            told.firm and not any(line.decisive for line in lines),
        )

    def _line(self, line: Line, amount: Fraction, total: Fraction) -> Line:
        share = ""
        if self.function == "sum" and total:
            part = (amount * UNIT / total).__floor__()
            share = self.aloud.amount(part, self.aloud.words.datatypes.get(SHARE, PLAIN))
        return replace(line, value=_whole(amount), amount=self._said(amount), share=share)

    def _said(self, amount: Fraction) -> str:
        if self.function != "sum" or not self.datatype:
            return ""
        return self.aloud.amount(_whole(amount), self.datatype)

    def _amount(self, names: Names) -> Fraction:
        """What one way adds, in the measure of the conclusion."""
        value = None if self.function == "count" else reckoned(self.operand, names)
        return value if isinstance(value, Fraction) else Fraction(0)

    def _are_first(self, listed: list[Names], group: list[Names]) -> bool:
        """Whether those listed are the largest of the group, or its least; and each once."""
        if self.function == "count":
            return len({frozenset(names.items()) for names in listed}) == len(listed)
        shown, values = ([reckoned(self.operand, way) for way in ways] for ways in (listed, group))
        return shown == sorted(values, reverse=self.function != "min")[: len(shown)]


def _whole(amount: Fraction) -> int:
    return int(stored(amount) or 0)
