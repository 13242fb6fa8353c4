"""How orders live: who makes them, in what order things happen, how they come back."""
