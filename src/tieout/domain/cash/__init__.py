"""Cash application: money that moved, the open invoices it may settle, and the decision which it does."""
