"""One module a usage format."""
