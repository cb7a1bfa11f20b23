"""Properties of a rulebook that hold for every scenario, proved with Z3."""
