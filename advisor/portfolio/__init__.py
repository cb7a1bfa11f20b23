"""Several workloads at once: who owns is chosen jointly (DESIGN, section 9)."""
