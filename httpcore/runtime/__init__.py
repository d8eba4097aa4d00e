"""Sockets, threads and clocks: everything the protocol package keeps out."""
