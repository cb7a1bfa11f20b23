"""The pictures of the dashboard."""
