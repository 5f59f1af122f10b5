"""What people do in the web UI, as words for stories."""
import json

ADD, EDIT, FOLLOW, DETAILS, DIAGNOSIS = ('[data-role="add-dialog"]', '[data-role="edit-dialog"]', '[data-role="follow-dialog"]',
                                         '[data-role="details-dialog"]', '[data-role="diagnosis-dialog"]')
PRINT = '[data-role="print-dialog"]'
BANNER = '[data-role="connection-lost"]'
PAGES = ["/", "/files", "/jobs", "/printers"]


def role(name: str, within: str = "") -> str:
    return f'{within} [data-role="{name}"]'.strip()


def card(serial: str, inner: str = "") -> str:
    return f'[data-role="printer-card"][data-serial="{serial}"] {inner}'.strip()


def open_printers(tab, query: str = ""):
    tab.go("/printers" + query)
    tab.find(role("page-title"))
    wait_connected(tab)


def wait_connected(tab):
    tab.find('[data-role="connection"].badge--ok')


def wait_card(tab, serial: str, link: str = "live", deadline_s: float = 20):
    tab.find(card(serial, f'[data-role="link"][data-link="{link}"]'), deadline_s=deadline_s)


def begin_to_add(tab, printer, code: str = None, name: str = None):
    """Open the dialog and fill it, as far as the address does not."""
    tab.click(role("add-printer"))
    tab.type(role("field-address", ADD), printer.address)
    tab.until("return document.querySelector(arguments[0]).value === arguments[1]", role("field-serial", ADD), printer.serial,
              what="the serial number is not found out")
    if name is not None:
        tab.type(role("field-name", ADD), name)
    tab.type(role("field-code", ADD), printer.code if code is None else code)
    if tab.has(role("trust-check", ADD)):
        tab.click(role("trust-check", ADD))


def add(tab, printer, name: str = None):
    """Add a printer, from the page until its card is live."""
    begin_to_add(tab, printer, name=name)
    tab.click(role("add-submit"))
    tab.find(f'{FOLLOW}[data-outcome="live"]', deadline_s=30)
    tab.click(role("follow-done"))
    tab.gone("dialog")
    wait_card(tab, printer.serial)


def record(tab, selector: str, attribute: str):
    """Keep every value that an attribute of an element takes from now on; recorded() has them."""
    tab.js("""
        const node = document.querySelector(arguments[0]), name = arguments[1];
        window.__recorded = [node.getAttribute(name)];
        new MutationObserver(() => {
            const value = node.getAttribute(name);
            if (value !== window.__recorded.at(-1))
                window.__recorded.push(value);
        }).observe(node, {attributes: true, attributeFilter: [name]});""", selector, attribute)


def recorded(tab) -> list:
    return tab.js("return window.__recorded")


def call(tab, method: str, path: str, body=None) -> tuple:
    """What a script of the page gets: (status, body)."""
    status, text = tab.js_async("""
        const [method, path, body] = arguments;
        const answer = await fetch(path, {method, body: body ?? undefined,
            headers: body ? {"Content-Type": "application/json"} : {}});
        return [answer.status, await answer.text()];""", method, path, None if body is None else json.dumps(body))
    return status, text


def open_page(tab, path: str):
    tab.go(path)
    wait_connected(tab)
    tab.until("return document.querySelector('.page .skeleton') === null", what="the page is not filled")


def choose_files(tab, *paths):
    """Choose files of this computer, as the browser's own dialog would."""
    tab.driver.find_element("css selector", role("choose")).send_keys("\n".join(str(path) for path in paths))


def drop_files(tab, selector: str, **files):
    """Drag files (name: content) over an element and drop them there."""
    tab.js("""
        const carried = new DataTransfer(), place = document.querySelector(arguments[0]);
        for (const [name, content] of Object.entries(arguments[1]))
            carried.items.add(new File([content], name));
        for (const type of ["dragover", "drop"])
            place.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: carried}));""", selector, files)


def file_row(sha256: str, inner: str = "") -> str:
    return f'[data-role="file"][data-sha256="{sha256}"] {inner}'.strip()


def job_row(job: str, inner: str = "") -> str:
    return f'[data-role="job"][data-job="{job}"] {inner}'.strip()


def printer_row(serial: str, inner: str = "") -> str:
    return f'[data-role="printer-row"][data-serial="{serial}"] {inner}'.strip()
