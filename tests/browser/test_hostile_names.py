"""Whatever a printer or a stranger calls things: it is text, it stays in its place, and nothing of it runs."""
import pytest

from rig import links

import steps
from steps import card, role

MARKUP = "<img src=x onerror=window.__pwned=1><script>window.__pwned=1</script>\"'`${7*7}{{7*7}}&lt;b&gt;"
RIGHT_TO_LEFT = "\u202eevil\u202c \u0627\u0644\u0637\u0627\u0628\u0639\u0629 \u2066x\u2069"
CONTROL = "a\u0001b\u0007c\u001b[31md\u0085\u200b\u2028e"
LONG = "W" * 10000
WORDS = "word " * 2000
HOSTILE = {"markup": MARKUP, "right-to-left": RIGHT_TO_LEFT, "control": CONTROL, "long": LONG, "words": WORDS}
# The store takes no control characters in a name that a person gives.
NAMES = {"control": "control", "right-to-left": "\u0627\u0644\u0637\u0627\u0628\u0639\u0629 (1)"}
NAME_MAX_BYTES = 90


def report(text: str) -> dict:
    spool = {"id": "0", "tray_type": text, "tray_sub_brands": text, "tray_color": text, "tray_id_name": text, "remain": 50, "cols": [text]}
    return links.idle(gcode_state="RUNNING", subtask_name=text, gcode_file=text, mc_percent=50, mc_remaining_time=60, layer_num=1, total_layer_num=9,
                      task_id=text, nozzle_type=text, nozzle_diameter=text, wifi_signal=text,
                      ams={"ams": [{"id": "0", "humidity": text, "temp": text, "tray": [spool, {"id": "1"}]}], "ams_exist_bits": "1", "tray_exist_bits": "1", "tray_now": "0"},
                      vt_tray={**spool, "id": "254"}, upgrade_state={"status": "IDLE", "message": text, "module": text},
                      hms=[{"attr": 0x03000100, "code": 0x00010001}, {"attr": 0xFFFFFFFF, "code": 0xFFFFFFFF}])


def short(text: str) -> str:
    """As much of it as a name may have."""
    return text.encode()[:NAME_MAX_BYTES].decode(errors="ignore")


@pytest.fixture
def farm(site):
    """A printer for each kind of hostility: in its name, in all that it says, in how it is called by itself."""
    made = {}
    for kind, text in HOSTILE.items():
        printer = site.make("p1p-1", report=report(text))
        printer.modules = [{"name": text, "product_name": text, "sw_ver": text, "hw_ver": text, "sn": text}]
        name = short(NAMES.get(kind, text))
        links.add(site.fuse, printer.serial, printer.address, pin=printer.fingerprint, name=name, code=printer.code)
        made[kind] = printer
    for printer in made.values():
        links.wait_live(site.fuse, printer.serial)
    return made


def assert_harmless(tab):
    tab.frame()
    assert tab.faults() == []
    assert tab.js("return document.querySelectorAll('img[src=\"x\"], main script').length") == 0
    tab.assert_no_sideways_scroll()


@pytest.mark.parametrize("width", [390, 1440])
def test_hostile_names_on_every_page_and_dialog(site, farm, tab, width):
    tab.viewport(width, 900, touch=width < 500)
    tab.go("/")
    steps.wait_connected(tab)
    assert_harmless(tab)
    steps.open_printers(tab)
    for printer in farm.values():
        steps.wait_card(tab, printer.serial)
    assert_harmless(tab)
    for size in ("s", "l"):
        steps.open_printers(tab, f"?size={size}")
        steps.wait_card(tab, farm["markup"].serial)
        assert_harmless(tab)
    for kind, printer in farm.items():
        tab.click(card(printer.serial, role("details")))
        tab.find(steps.DETAILS)
        assert_harmless(tab)
        tab.press("\ue00c")
        tab.gone("dialog")
    for opener, dialog in (("act-edit", steps.EDIT), ("act-diagnosis", steps.DIAGNOSIS), ("act-stop", role("confirm"))):
        for kind in ("markup", "long"):
            tab.click(card(farm[kind].serial, role(opener)))
            tab.find(dialog)
            assert_harmless(tab)
            tab.press("\ue00c")
            tab.gone("dialog")
    tab.click(card(farm["long"].serial, role("act-remove")))
    tab.find(role("toast"))
    assert_harmless(tab)
    tab.click(f"{role('toast')} button", "Undo")
    steps.open_printers(tab, "?group=model")
    assert_harmless(tab)


def test_a_right_to_left_name_turns_nothing_around_it(site, farm, tab):
    steps.open_printers(tab)
    steps.wait_card(tab, farm["right-to-left"].serial)
    # A name and what stands beside it are isolated from each other.
    shown = tab.js("""const n = document.querySelector(arguments[0]); const s = getComputedStyle(n);
                      return [n.localName, s.unicodeBidi, n.textContent]""", card(farm["right-to-left"].serial, role("name")))
    assert shown[0] == "bdi" or shown[1] in ("isolate", "plaintext", "isolate-override"), shown
    assert "\u202e" not in tab.js("return document.querySelector('.toast, [data-role=\"announcer\"]')?.textContent ?? ''")


def test_control_characters_are_never_shown(site, farm, tab):
    steps.open_printers(tab)
    steps.wait_card(tab, farm["control"].serial)
    tab.click(card(farm["control"].serial, role("details")))
    tab.find(steps.DETAILS)
    assert tab.js(r"return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(document.body.innerText)") is False


def test_a_hostile_address_of_the_page_is_text(site, tab):
    site.printer("Anna")
    for query in ("?q=%3Cscript%3Ewindow.__pwned%3D1%3C%2Fscript%3E&show=%3Cb%3E&sort=__proto__&size=constructor",
                  "?q=" + "A" * 900, "#<img src=x onerror=window.__pwned=1>"):
        steps.open_printers(tab, query)
        assert_harmless(tab)


def test_a_path_that_is_no_page(site, tab):
    tab.go("/printers")
    steps.wait_connected(tab)
    tab.js("history.pushState(null, '', '/<script>'); dispatchEvent(new PopStateEvent('popstate'))")
    tab.find(role("not-found"))
    assert_harmless(tab)


def test_an_address_that_leads_nowhere_says_so_and_leads_back(site, tab):
    tab.tolerated.append("the server responded with a status of 404")
    tab.go("/nonsense")
    tab.see("There is no such page", role("not-found"))
    tab.click(f"{role('not-found')} button")
    tab.gone(role("not-found"))
    assert tab.path == "/"
