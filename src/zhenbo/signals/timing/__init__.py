"""When accounts act."""
