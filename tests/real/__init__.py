"""Tests against the real servers of the platforms: `make test-real`. `make test` leaves them out and says so."""
