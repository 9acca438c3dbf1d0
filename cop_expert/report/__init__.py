"""A fact base and its proofs in, the strategy document out."""
