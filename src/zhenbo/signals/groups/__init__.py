"""Who acts as one."""
