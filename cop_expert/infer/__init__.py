"""A fact base and a checked rulebook in, the fact base at its fixed point out."""
