"""Google on this machine: OAuth and Gmail, over the protocols that the real clients speak."""
