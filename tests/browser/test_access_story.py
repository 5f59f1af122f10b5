"""Beyond this machine: the first visit, the login, and what a stranger's browser gets."""
import pytest

from rig import access, secrets, wire
from rig.waiting import wait_until

import site_rig
import steps
from axe import check_axe
from steps import role

# Every Fuse of a test has a loopback address other than 127.0.0.1, which counts as one of a network unless the owner says otherwise
# (the rig does, where the configuration does not speak of it).
AS_IT_COMES = "# local-access: not set\n"
SETUP, LOGIN, LOGIN_DIALOG = role("setup-screen"), role("login-screen"), role("login-dialog")
# Refusals are what these stories are about; browsers write them to the console.
REFUSED = ["Failed to load resource: the server responded with a status of (401|403|409|422|429)", "WebSocket connection to", "net::ERR_"]


@pytest.fixture
def site(request):
    """A Fuse that is reached over a network: TLS, with a certificate of its own."""
    one = site_rig.Site(request.node.nodeid.rpartition("/")[2], scheme="https", config=AS_IT_COMES)
    try:
        one.start()
        access.wait_for_tls(one.fuse)
        yield one
    finally:
        one.close()


@pytest.fixture
def password(site) -> str:
    """It is set, by another visitor."""
    secret = secrets.plant()
    access.Visitor(site.fuse.address).set_up(access.setup_code(site.fuse), secret)
    return secret


@pytest.fixture
def visitor(tab):
    tab.tolerated += REFUSED
    return tab


def log_in(tab, secret: str):
    tab.type(role("login-password", LOGIN), secret)
    tab.click(role("login-send"))


def test_from_the_first_visit_to_the_logout(site, visitor):
    tab, secret = visitor, secrets.plant()
    tab.go("/")
    tab.find(SETUP)
    code = access.setup_code(site.fuse)
    tab.type(role("setup-code"), "AAAA-AAAA")
    tab.type(role("setup-password"), "short")
    tab.type(role("setup-repeat"), "other")
    tab.click(role("setup-send"))
    tab.until("return document.querySelectorAll(arguments[0] + ' [aria-invalid=true]').length >= 2", SETUP)
    tab.type(role("setup-password"), secret)
    tab.type(role("setup-repeat"), secret)
    tab.click(role("setup-send"))
    tab.until("return document.querySelector(arguments[0]).getAttribute('aria-invalid') === 'true'", role("setup-code"),
              what="a wrong code is not told at its field")
    tab.type(role("setup-code"), code)
    tab.click(role("setup-send"))
    steps.wait_connected(tab)
    tab.find(role("page-title"), "Status")
    # What lets this browser in cannot be read by any script.
    assert tab.js("return document.cookie") == ""
    assert secret not in str(tab.js("return [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.documentElement.outerHTML]"))
    tab.reload()
    steps.wait_connected(tab)
    tab.click(role("logout"))
    tab.find(LOGIN)
    assert not tab.has(role("page-title"))
    log_in(tab, "something else")
    tab.until("return document.querySelector(arguments[0]).getAttribute('aria-invalid') === 'true'", role("login-password", LOGIN))
    log_in(tab, secret)
    steps.wait_connected(tab)


def test_a_strangers_browser_gets_the_login_and_nothing_else(site, password, visitor):
    tab = visitor
    site.printer("The secret name")
    for path in steps.PAGES:
        tab.go(path)
        tab.find(LOGIN)
        assert "The secret name" not in tab.js("return document.documentElement.outerHTML")
    for row in wire.rows(wire.ROOT / "httpd/routes.def", "ROUTE"):
        method, path, marked = row[0], row[1].strip('"').replace("{id}", "01S00A000000001"), row[3]
        status, text = steps.call(tab, method, path, {} if method in ("POST", "PATCH") else None)
        assert marked == "OPEN" or status == 401, f"{method} {path}: {status}"
        assert "The secret name" not in text
    outcome = tab.js_async("""return await new Promise((done) => {
        const socket = new WebSocket(`wss://${location.host}/api/v1/events`);
        socket.onmessage = (event) => done("said: " + event.data);
        socket.onclose = (event) => done("closed");
    })""")
    assert outcome == "closed"
    log_in(tab, password)
    tab.see("The secret name")


def test_a_session_that_ends_under_an_open_form_is_begun_anew_over_it(site, password, visitor):
    tab, printer = visitor, site.make("p1p-1")
    tab.go("/printers")
    tab.find(LOGIN)
    log_in(tab, password)
    steps.wait_connected(tab)
    steps.begin_to_add(tab, printer, name="Typed before")
    before = site.kill("httpd")  # sessions end with it
    site.fuse.wait_reborn("httpd", before["generation"], 30)
    tab.find(LOGIN_DIALOG, deadline_s=60)
    tab.type(role("login-password", LOGIN_DIALOG), password)
    tab.click(role("login-send", LOGIN_DIALOG))
    tab.gone(LOGIN_DIALOG)
    assert tab.find(role("field-name", steps.ADD)).get_attribute("value") == "Typed before"
    steps.wait_connected(tab)
    tab.click(role("add-submit"))
    tab.find(f'{steps.FOLLOW}[data-outcome="live"]', deadline_s=40)


def test_a_session_that_is_ended_elsewhere_asks_here_too(site, password, visitor):
    """Another password logs all others out: the connection that stands is ended, and the page asks."""
    tab = visitor
    tab.go("/")
    log_in(tab, password)
    steps.wait_connected(tab)
    owner = access.Visitor(site.fuse.address)
    owner.log_in(password)
    fresh = secrets.plant()
    owner.ask("POST", "/api/v1/password", {"password": fresh}, status=200)
    tab.find(LOGIN_DIALOG, deadline_s=60)
    tab.type(role("login-password", LOGIN_DIALOG), fresh)
    tab.click(role("login-send", LOGIN_DIALOG))
    tab.gone(LOGIN_DIALOG)
    steps.wait_connected(tab)


def test_who_guesses_is_made_to_wait_and_told_how_long(site, password, visitor):
    tab = visitor
    tab.go("/")
    tab.find(LOGIN)

    def told_to_wait():
        log_in(tab, "guessed")
        tab.until("return document.querySelector(arguments[0]).getAttribute('aria-busy') !== 'true'", role("login-send"))
        return "wait" in tab.js("return document.querySelector(arguments[0]).innerText", LOGIN).lower() or \
            tab.js("return /\\d+ s\\b/.test(document.querySelector(arguments[0]).innerText)", LOGIN)

    wait_until(told_to_wait, 60, "guessing is never slowed down", every_s=0)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_core_finds_nothing_at_the_door(site, visitor, theme, width):
    tab = visitor
    tab.viewport(width, 900)
    tab.go("/")
    tab.js("localStorage.setItem('fuse.theme', arguments[0])", theme)
    tab.reload()
    tab.find(SETUP)
    check_axe(tab, f"setup, {theme}, {width}")
    tab.assert_no_sideways_scroll()
    secret = secrets.plant()
    access.Visitor(site.fuse.address).set_up(access.setup_code(site.fuse), secret)
    tab.reload()
    tab.find(LOGIN)
    check_axe(tab, f"login, {theme}, {width}")
    tab.assert_no_sideways_scroll()


def test_the_door_is_passed_with_the_keyboard_alone(site, password, visitor):
    tab = visitor
    tab.go("/")
    tab.find(LOGIN)
    tab.until("return document.activeElement.matches(arguments[0])", role("login-password"), what="the field has not the focus")
    tab.press(password, "\n")
    steps.wait_connected(tab)
