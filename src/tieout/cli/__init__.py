"""The command line: it translates, calls a flow and renders; it decides nothing."""
