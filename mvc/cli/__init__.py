"""Command lines: what `server.py` understands, and the commands of `python -m mvc`."""
