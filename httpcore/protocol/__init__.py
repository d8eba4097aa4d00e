"""HTTP/1.1 without I/O: bytes in, events out, and responses as bytes.

No module in here knows a socket, a thread or a clock; a test proves it.
"""
