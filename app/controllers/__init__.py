"""What the notice board answers; each module is one concern and is found by itself."""

from app import permissions, text

__all__ = ["permissions", "text"]  # imported here so that templates get their functions
