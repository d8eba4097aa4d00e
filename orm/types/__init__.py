"""Value types: which Python values a column takes, and their form in each database."""
