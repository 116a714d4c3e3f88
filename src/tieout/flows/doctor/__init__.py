"""The go-live examination: it looks at everything and writes nothing to any account."""
