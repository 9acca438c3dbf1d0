"""Conclusions in, files out that other tools take."""
