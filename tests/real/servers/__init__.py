"""One launcher for each real server: what it needs, how it starts on loopback, how it is used by a test."""
