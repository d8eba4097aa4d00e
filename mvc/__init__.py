"""Treadle's framework: routes, requests, responses, sessions, users, views."""
