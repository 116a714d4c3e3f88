"""What every connector needs: HTTP with total deadlines, redaction, the conformance suite's contract."""
