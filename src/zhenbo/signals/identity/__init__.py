"""Who the accounts are and what they share."""
