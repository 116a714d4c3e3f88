"""One folder per outside system, blind to each other; `kit` is what they share."""
