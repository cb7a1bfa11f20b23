"""The catalogue: dated offers with their sources: open checkpoints, hosted and closed APIs, GPUs, throughput."""
