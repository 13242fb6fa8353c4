"""What displayed counters say against each other."""
