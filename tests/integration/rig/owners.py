"""A Fuse whose owner vouches for an issuer of certificates: printers of that one are trusted.

    def test_something(fuse, owners):
        with Peer(HOST, 8883, tls(owners.printer(SERIAL))):
            ...
"""
import pytest

from rig import ca


@pytest.fixture(scope="module")
def owners():
    """An issuer that the owner vouches for."""
    return ca.Authority("Farm CA", key_number=0)


@pytest.fixture
def fuse(make_fuse, owners):
    made = make_fuse()
    (made.state / "ca.d").mkdir(parents=True)
    owners.write_pem(made.state / "ca.d" / "farm.pem")
    return made.start()
