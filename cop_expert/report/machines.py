"""An answer in, what other programs read of it out: amounts as plain numbers."""

from typing import Annotated, Any, get_args, get_type_hints

from msgspec import Struct

from cop_expert.model.arithmetic import UNIT

Amount = Annotated[int, "in millionths"]
"""A number as the rules hold it."""


def for_machines(thing: Any, kind: Any = None) -> Any:
    """What JSON can hold; a field of this type is an object with the names of its fields."""
    if isinstance(thing, Struct):
        kinds = get_type_hints(type(thing), include_extras=True)
        return {name: for_machines(getattr(thing, name), kinds[name]) for name in kinds}
    if isinstance(thing, dict):
        return {name: for_machines(one) for name, one in thing.items()}
    if isinstance(thing, tuple):
        return [for_machines(one) for one in thing]
    if thing is not None and Amount in (kind, *get_args(kind)):
        return thing / UNIT if thing % UNIT else thing // UNIT
    return thing
