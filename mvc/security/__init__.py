"""Protection that is on by default: keys, hosts, CSRF, response headers, safe redirects."""
