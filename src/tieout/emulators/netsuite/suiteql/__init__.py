"""SuiteQL: translated from its Oracle-like dialect and run on an in-memory SQLite kept in step with the state."""
