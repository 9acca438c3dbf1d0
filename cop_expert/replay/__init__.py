"""Proofs in, what is wrong with them out; nothing here is shared with what makes proofs."""
