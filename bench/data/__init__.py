"""Labelled data for the benches, made from a seed; no line of it was anybody's."""
