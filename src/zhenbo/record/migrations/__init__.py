"""Migrations of the record, run when a store is opened and by `zhenbo book migrate`."""
