"""What follows from a verdict or a claim: acts, appended once, and the state they fold to."""
