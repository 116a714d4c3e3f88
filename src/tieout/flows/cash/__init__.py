"""Cash application as the system does it: the ledger kept, movements judged, people's decisions."""
