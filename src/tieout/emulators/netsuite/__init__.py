"""A strict NetSuite: SuiteTalk REST records, SuiteQL, OAuth 2.0 and token-based authentication."""
