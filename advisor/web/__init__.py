"""The web page: the interview, the decision with its what-if panel, and the monitor, over HTTP (DESIGN, section 8)."""
