"""Examples: what is shown, not what is shipped."""
