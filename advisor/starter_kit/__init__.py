"""The starter kit: a small project that calls the decided route, and the others after a change of configuration."""
