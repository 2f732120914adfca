"""How workers log in."""

from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from python_builds.farm.workers.one_time_login import OneTimePassword, peer_of


def test_each_password_is_another_and_only_one_that_was_told_is_expected() -> None:
    strangers: list[None] = []
    password = OneTimePassword(lambda: strangers.append(None))

    def compared_with() -> str:
        return password.getRenderingFor(None).result

    assert len(compared_with()) >= 32, "nothing was told, and nothing short is good"
    assert len(strangers) == 1
    told = {password.draw() for _ in range(3)}
    assert len(told) == 3
    assert compared_with() in told
    assert len(strangers) == 1
    password.void()
    assert compared_with() not in told
    assert len(strangers) == 2


@pytest.mark.parametrize(
    "seen, peer", [("172.17.0.2", "172.17.0.2"), ("::ffff:172.17.0.2", "172.17.0.2"), ("fd00::2", "fd00::2")]
)
def test_an_address_of_ipv4_is_one_also_on_a_socket_of_ipv6(seen: str, peer: str) -> None:
    transport = SimpleNamespace(getPeer=lambda: SimpleNamespace(host=seen))
    connection = SimpleNamespace(mind=SimpleNamespace(broker=SimpleNamespace(transport=transport)))

    assert peer_of(connection) == ip_address(peer)
