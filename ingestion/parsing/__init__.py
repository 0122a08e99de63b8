"""Reading documents: pure functions from bytes to values and a named outcome."""
