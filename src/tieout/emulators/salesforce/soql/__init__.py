"""SOQL, the part connectors send: parser, checks against the schema, evaluation over the org's rows."""
