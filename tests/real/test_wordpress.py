"""WordPress, the real one."""

from __future__ import annotations

import httpx

from tests.real.servers.wordpress import WordPress


def test_its_application_password_lets_us_in(wordpress_site: WordPress) -> None:
    me = httpx.get(
        f"{wordpress_site.url}/wp-json/wp/v2/users/me",
        auth=(wordpress_site.user, wordpress_site.password),
        trust_env=False,
    )
    assert me.json()["slug"] == wordpress_site.user
