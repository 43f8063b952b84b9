"""The command line's parts: `context` is what all share, each other module a group of commands."""
