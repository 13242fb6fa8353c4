"""The questions people pay for."""
