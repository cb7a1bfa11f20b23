"""A decision record becomes claims, and templates phrase the claims."""
