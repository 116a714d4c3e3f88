"""Oracle NetSuite over SuiteTalk REST and SuiteQL (reference: `docs/reference/netsuite.md`)."""
