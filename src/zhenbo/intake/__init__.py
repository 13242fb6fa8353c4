"""The way in: real files of any known source become canonical events."""
