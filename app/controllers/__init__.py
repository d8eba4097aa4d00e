"""What the notice board answers; each module is one concern and is found by itself."""
