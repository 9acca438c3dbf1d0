"""A fact in, its proof out: re-derived from the rules and the fact base, the same for every engine."""
