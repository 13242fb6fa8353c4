"""Compiled readers of well-formed canonical files; what they do not take goes to the tolerant readers beside."""
