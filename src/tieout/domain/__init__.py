"""The pure heart: documents, money, identity, rules, validation, planning. No I/O, no clock, no chance."""
