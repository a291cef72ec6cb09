"""Numbers that no command takes more of."""

JAVA_MAX = 2**31 - 1
"""The largest whole number that Java takes, as an impact or as a number of hits."""
