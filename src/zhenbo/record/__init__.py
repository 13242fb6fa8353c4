"""The record: where acts are kept."""
