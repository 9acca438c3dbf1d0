"""A match in, a conclusion out: what experta calls when a rule fires, one for each clause."""

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from cop_expert.facts import Row
from cop_expert.infer.evaluate import (
    STEPS,
    Bindings,
    DividedByZero,
    NoValue,
    Number,
    is_absent,
    is_number,
    number_of,
    value_of,
)
from cop_expert.model.arithmetic import OverflowInRule, within
from cop_expert.model.rule import (
    Aggregate,
    Clause,
    Constant,
    Expression,
    Fallback,
    Operation,
    Variable,
    expressions,
    is_aggregated,
    outside_aggregates,
    parts,
)
from cop_expert.model.template import Template, Value

Add = Callable[[Row], None]
Amount = Number | Value


class Conclusion:
    """Concludes a fact from each match."""

    def __init__(self, clause: Clause, template: Template, computed: list[str], add: Add) -> None:
        self.clause = clause
        self.add = add
        self.computed = computed
        """Names that hold an error where they could not be computed."""
        self.terms = [clause.head.term(name) or Constant(None) for name in template.names]
        self.values = [
            _reader(term, computed, field.required)
            for term, field in zip(self.terms, template.fields, strict=True)
            if not is_aggregated(term)
        ]
        self.demanded = list(_demanded(clause, template))
        self.divisions = 0
        """Matches that conclude nothing because something is divided by zero."""
        self.overflows = False

    def fire(self, shell: Any, bindings: Bindings) -> None:
        """Called by experta with each match."""
        self._attempt(bindings, self._take, bindings)

    def finish(self) -> None:
        """Called when no rule of the stratum has a match left."""

    def _attempt(self, bindings: Bindings, step: Callable[..., None], *arguments: Any) -> None:
        try:
            step(*arguments)
        except (OverflowInRule, DividedByZero) as error:
            # Where something is absent as well, nothing would be concluded anyway.
            if not any(is_absent(part, bindings) for part in self.demanded):
                self.overflows |= isinstance(error, OverflowInRule)
                self.divisions += isinstance(error, DividedByZero)
        except NoValue:
            pass

    def _take(self, bindings: Bindings) -> None:
        self._check(bindings)
        self.add(tuple(_all(self.values, bindings)))

    def _check(self, bindings: Bindings) -> None:
        """Raise what went wrong on the way, what matters most first."""
        if self.computed:
            met = [bindings[name] for name in self.computed]
            errors = [found for found in met if isinstance(found, ArithmeticError)]
            if errors:
                raise max(errors, key=_severity)


class Total(Conclusion):
    """Collects what each match contributes to its group; concludes a fact from each group."""

    def __init__(self, clause: Clause, template: Template, computed: list[str], add: Add) -> None:
        super().__init__(clause, template, computed, add)
        found = (part for term in self.terms for part in parts(term))
        aggregates = list(dict.fromkeys(p for p in found if isinstance(p, Aggregate)))
        self.functions = [aggregate.function for aggregate in aggregates]
        self.amounts = [_amount_of(aggregate, clause) for aggregate in aggregates]
        beside = {v: None for t in self.terms if is_aggregated(t) for v in outside_aggregates(t)}
        self.keys = [*(term for term in self.terms if not is_aggregated(term)), *beside]
        """What a group agrees in: its other fields, and what these determine."""
        self.values += [_reader(variable, computed, True) for variable in beside]
        self.asked = [*self.values, *self.amounts]
        self.totalled = [
            value_of(_of_totals(term, aggregates)) if is_aggregated(term) else None
            for term in self.terms
        ]
        """For each field, what makes its value of the group's totals; None where it is a key."""
        self.groups: dict[Row, list[Amount]] = {}

    def finish(self) -> None:
        for key, totals in self.groups.items():
            self._attempt({}, self._conclude, key, totals)

    def _take(self, bindings: Bindings) -> None:
        self._check(bindings)
        found = _all(self.asked, bindings)
        key, amounts = tuple(found[: len(self.values)]), found[len(self.values) :]
        totals = self.groups.setdefault(key, amounts)
        if totals is not amounts:
            for i, function in enumerate(self.functions):
                totals[i] = _together(function, totals[i], amounts[i])

    def _conclude(self, key: Row, totals: list[Amount]) -> None:
        bindings: dict[str, Amount] = {}
        for term, held in zip(self.keys, key, strict=True):
            if isinstance(term, Variable):
                bindings[term.name] = held
        for i, total in enumerate(totals):
            if isinstance(total, tuple):
                within(total[0])
            bindings[_total(i)] = total
        own = iter(key)
        made = iter(_all([total for total in self.totalled if total], bindings))
        self.add(tuple([next(made if total else own) for total in self.totalled]))


def _reader(term: Expression, computed: list[str], required: bool) -> Callable[[Bindings], Value]:
    """What facts bind is read as it is; the rest is computed, and may be absent."""
    if isinstance(term, Variable) and term.name not in computed:
        return itemgetter(term.name)
    return _present(value_of(term)) if required else value_of(term)


def _present(read: Callable[[Bindings], Value]) -> Callable[[Bindings], Value]:
    def read_present(bindings: Bindings) -> Value:
        found = read(bindings)
        if found is None:
            raise NoValue
        return found

    return read_present


def _amount_of(aggregate: Aggregate, clause: Clause) -> Callable[[Bindings], Amount]:
    """What a match contributes."""
    if aggregate.function == "count":
        return lambda bindings: (1, 0)
    if is_number(aggregate.operand, clause.types):
        return number_of(aggregate.operand)
    return _present(value_of(aggregate.operand))


def _demanded(clause: Clause, template: Template) -> Iterator[Expression]:
    """What must be there for the clause to conclude anything."""
    for field, term in clause.head:
        if template.by_name[field].required:
            yield term
    terms = [term for _, term in clause.head]
    for condition in clause.body:
        if not isinstance(condition, Fallback):
            terms += expressions(condition)
    for term in terms:
        yield from _reckoned_with(term)


def _reckoned_with(term: Expression) -> Iterator[Expression]:
    """What steps and aggregates need; to count takes nothing."""
    match term:
        case Operation(operands=operands):
            inner = operands
        case Aggregate(function, operand) if function != "count":
            inner = (operand,)
        case _:
            inner = ()
    for found in inner:
        yield found
        yield from _reckoned_with(found)


def _all(readers: Sequence[Callable[[Bindings], Any]], bindings: Bindings) -> list[Any]:
    """What each of them reads; where some cannot, what matters most, whichever comes first."""
    try:
        return [read(bindings) for read in readers]
    except ArithmeticError:
        raise max(_errors(readers, bindings), key=_severity) from None


def _errors(
    readers: Sequence[Callable[[Bindings], Any]], bindings: Bindings
) -> Iterator[ArithmeticError]:
    for read in readers:
        try:
            read(bindings)
        except ArithmeticError as error:
            yield error


def _severity(error: ArithmeticError) -> int:
    """Where nothing would be concluded anyway, no number is too large."""
    return [OverflowInRule, DividedByZero, NoValue].index(type(error))


def _together(function: str, one: Amount, other: Amount) -> Amount:
    if isinstance(one, tuple) and isinstance(other, tuple):
        if function in ("min", "max"):
            return STEPS[function]([one, other])
        return one[0] + other[0], one[1]
    return (min if function == "min" else max)(one, other)  # type: ignore[type-var]  # both are text, or both truth


def _total(i: int) -> str:
    """A name that no variable can bear."""
    return f"total {i}"


def _of_totals(expression: Expression, aggregates: list[Aggregate]) -> Expression:
    """The expression with a name for each aggregate."""
    match expression:
        case Aggregate():
            return Variable(_total(aggregates.index(expression)), expression.origin)
        case Operation(operator, operands, origin):
            inner = tuple(_of_totals(operand, aggregates) for operand in operands)
            return Operation(operator, inner, origin)
        case _:
            return expression
