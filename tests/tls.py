"""A certificate for loopback that nobody but a test trusts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def make_certificate(folder: Path) -> Path:
    """Return a file with a new key and its own certificate for 127.0.0.1."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the program openssl is not on this machine; it makes the certificate of this test")
    file = folder / "certificate.pem"
    command = [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    done = subprocess.run(
        [*command, *names, "-keyout", file, "-out", folder / "public.pem"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with file.open("ab") as both:
        both.write((folder / "public.pem").read_bytes())
    return file
