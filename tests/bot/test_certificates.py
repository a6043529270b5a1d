"""Whose certificates are believed."""

from __future__ import annotations

import ssl
from pathlib import Path

import certifi
import pytest

from bot.certificates import certificates


def test_servers_must_prove_who_they_are() -> None:
    context = certificates()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) > 50
    assert certificates() is context


def test_the_environment_names_other_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = tmp_path / "one.pem"
    end = "-----END CERTIFICATE-----\n"
    one.write_text(Path(certifi.where()).read_text().partition(end)[0] + end)
    monkeypatch.setenv("SSL_CERT_FILE", str(one))
    assert len(certificates.__wrapped__().get_ca_certs()) == 1
