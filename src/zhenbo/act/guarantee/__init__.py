"""The buyer's guarantee: claims decided by dated rules, promises followed to what became of them, signs of abuse kept apart."""
