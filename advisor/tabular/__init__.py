"""What DuckDB and Spark need, for sweep and usage alike."""
