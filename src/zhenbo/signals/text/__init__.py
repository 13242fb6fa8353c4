"""What accounts say."""
