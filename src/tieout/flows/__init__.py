"""What the system does, one module per subject; `ports` says what it needs from the outside."""
