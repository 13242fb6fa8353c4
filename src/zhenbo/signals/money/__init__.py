"""Money that moves between those who should be strangers."""
