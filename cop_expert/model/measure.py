"""What an expression measures, so that its value can be said: 58 %, 3 people, 12 hours."""

from cop_expert.model.rule import Aggregate, Constant, Expression, Operation, Variable
from cop_expert.model.template import Datatype, Kind

PLAIN = Datatype("Amount", Kind.NUMBER)
SHARE = "Share"
WORDS = Datatype("Text", Kind.TEXT)
TRUTH = Datatype("Truth", Kind.TRUTH)


def measure(
    expression: Expression, types: dict[str, Datatype], datatypes: dict[str, Datatype]
) -> Datatype:
    """The datatype of an expression; shares scale, like over like is a share."""
    match expression:
        case Variable(name):
            return types.get(name, WORDS)
        case Constant(value):
            return {bool: TRUTH, str: WORDS}.get(type(value), PLAIN)
        case Aggregate("count"):
            return datatypes.get("Count", PLAIN)
        case Aggregate(_, operand):
            return measure(operand, types, datatypes)
        case Operation(operator, operands):
            kinds = [measure(operand, types, datatypes) for operand in operands]
            return _combined(operator, kinds, datatypes)


def _combined(operator: str, kinds: list[Datatype], datatypes: dict[str, Datatype]) -> Datatype:
    telling = [kind for kind in kinds if kind.name != PLAIN.name]
    if operator == "/" and len(telling) == 2 and telling[0].name == telling[1].name:
        return datatypes.get(SHARE, PLAIN)
    if operator == "/" and kinds[0].name == PLAIN.name:
        return PLAIN
    if operator in "*/":
        telling = [kind for kind in telling if kind.name != SHARE] or telling
    return telling[0] if telling else PLAIN
