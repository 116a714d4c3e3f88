"""The bank of a scenario: what payers do, the files that tell of it, and how each entry must end."""
