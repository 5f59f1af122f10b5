"""What the stories about who may use Fuse need: a Fuse that treats this machine as another one (rig/access.py), its owner, and
tokens."""
import pytest

from rig import access, secrets
from rig import fuse as rig_fuse
from rig.access import GUARDED, Visitor


@pytest.fixture(scope="module")
def module_fuse(request):
    """Guarded, with a password (its attribute `password`)."""
    made = rig_fuse.Fuse(name=request.module.__name__, config=GUARDED)
    made.start()
    access.wait_for_tls(made)
    made.password = secrets.plant()
    Visitor(made.address).set_up(access.setup_code(made), made.password)
    yield made
    made.close()


@pytest.fixture
def fuse(module_fuse):
    return module_fuse


@pytest.fixture
def owner(fuse) -> Visitor:
    """Has just logged in."""
    visitor = Visitor(fuse.address)
    visitor.log_in(fuse.password)
    return visitor


@pytest.fixture
def make_guarded(make_fuse):
    def make(config: str = GUARDED, **arguments):
        made = make_fuse(config=config, **arguments)
        made.start()
        access.wait_for_tls(made)
        return made

    return make


def new_token(owner: Visitor, name: str, may: str) -> dict:
    return owner.ask("POST", "/api/v1/tokens", {"name": name, "access": may}, status=201).json()
