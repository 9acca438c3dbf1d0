"""DuckDB's compiled part, which is all that we ask; its Python side takes 0.07 s more to load."""

try:
    import _duckdb as duckdb
except ImportError:  # where it lies elsewhere
    import duckdb  # type: ignore[no-redef]

__all__ = ["duckdb"]
