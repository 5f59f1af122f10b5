"""A headless Chromium, and its tabs as a person uses them: what is clicked must be seen, what is waited for is a
condition, and whatever the browser complains of fails the story.

	with Browser() as browser:
	    tab = browser.tab("http://127.1.2.3:8888")
	    tab.go("/printers")
	    tab.click("button", text="Add printer")
	    tab.until("return document.querySelectorAll('article').length === 3")
"""
import asyncio
import base64
import contextlib
import json
import pathlib
import re
import shutil
import tempfile
import threading
import time
import urllib.request

from selenium import webdriver
from selenium.common import exceptions
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service

from rig.waiting import wait_until

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-default-browser-check",
         "--disable-extensions", "--mute-audio", "--lang=en-US", "--hide-scrollbars=false",
         "--disable-features=Translate,OptimizationHints,MediaRouter"]
DEADLINE_S = 15
HEIGHT_MAX = 12000  # of a picture

# In each page from its beginning: what it did that no page may do.
WATCH = """
window.__faults = [];
addEventListener("securitypolicyviolation", (event) =>
	__faults.push(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}:${event.lineNumber}`));
addEventListener("error", (event) => __faults.push(`error: ${event.message ?? event.target?.src}`));
addEventListener("unhandledrejection", (event) => __faults.push(`rejection: ${event.reason}`));
"""

# The first element that fits a selector, is seen, and (where asked for) says the text.
FIND = """
const [selector, text, exact] = arguments;
const said = (node) => (node.getAttribute("aria-label") ?? node.innerText ?? "").replace(/\\s+/g, " ").trim();
const top = [...document.querySelectorAll("dialog:modal")].at(-1);
const fits = (node) => node.checkVisibility({visibilityProperty: true, opacityProperty: false}) && node.getClientRects().length > 0 &&
	(text === null || (exact ? said(node) === text : said(node).includes(text)));
const found = [...document.querySelectorAll(selector)].filter(fits);
return found.find((node) => !top || top.contains(node)) ?? found[0] ?? null;
"""


class Browser:
    """One Chromium, with a profile of its own."""

    def __init__(self):
        self.profile = pathlib.Path(tempfile.mkdtemp(prefix="fuse-chromium-"))
        options = webdriver.ChromeOptions()
        options.binary_location = self._that_ends_with_us(CHROMIUM)
        options.accept_insecure_certs = True
        for flag in [*FLAGS, f"--user-data-dir={self.profile}/data", "--window-size=1440,900"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(self._that_ends_with_us(DRIVER))
        with contextlib.ExitStack() as undo:
            undo.callback(shutil.rmtree, self.profile, ignore_errors=True)
            self.driver = webdriver.Chrome(service=service, options=options)
            undo.pop_all()
        self.driver.set_script_timeout(60)
        self.driver.set_page_load_timeout(60)
        self.home = self.driver.current_window_handle
        self.current = self.home
        self.tabs = []

    def _that_ends_with_us(self, program: str) -> str:
        """A program that does not outlive who started it, even if that is killed."""
        script = self.profile / pathlib.Path(program).name
        script.write_text(f'#!/bin/sh\nexec setpriv --pdeathsig KILL {program} "$@"\n')
        script.chmod(0o755)
        return str(script)

    def tab(self, base: str) -> "Tab":
        """A new tab for the site at `base`, with nothing kept of an earlier story there."""
        self.show(self.home)
        # Not the driver's own way: that loads the browser's own page first.
        handle = self.driver.execute_cdp_cmd("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.show(handle)
        made = Tab(self, base.rstrip("/"), handle)
        self.tabs.append(made)
        return made

    def show(self, handle: str):
        if handle != self.current:
            self.driver.switch_to.window(handle)
            self.current = handle

    def console(self) -> list:
        """What has been written to the console since the last time: [(level, text)]."""
        return [(entry["level"], entry["message"]) for entry in self.driver.get_log("browser")]

    @contextlib.contextmanager
    def trace(self, categories: str):
        """Within it, the browser writes down what it does; afterwards the list that this gives has all events."""
        events = []
        where = self.driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
        with urllib.request.urlopen(f"http://{where}/json/version", timeout=20) as answer:
            url = json.load(answer)["webSocketDebuggerUrl"]
        ended, begun = threading.Event(), threading.Event()
        recorder = threading.Thread(target=lambda: asyncio.run(record(url, categories, events, begun, ended)), daemon=True)
        recorder.start()
        assert begun.wait(20), "the trace does not begin"
        yield events
        ended.set()
        recorder.join(60)

    def close_tabs(self):
        for tab in self.tabs:
            with contextlib.suppress(exceptions.WebDriverException):
                self.show(tab.handle)
                self.driver.close()
        self.tabs.clear()
        self.current = None
        self.show(self.home)

    def close(self):
        with contextlib.suppress(exceptions.WebDriverException):
            self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


async def record(url: str, categories: str, events: list, begun: threading.Event, ended: threading.Event):
    """A trace over a connection of its own to the browser: its driver can only trace from the very start."""
    import websockets  # only the bench needs it

    async with websockets.connect(url, max_size=None) as browser:
        await browser.send(json.dumps({"id": 1, "method": "Tracing.start", "params": {
            "traceConfig": {"includedCategories": categories.split(","), "recordMode": "recordAsMuchAsPossible"}}}))
        assert json.loads(await browser.recv())["id"] == 1
        begun.set()
        while not ended.is_set():
            await asyncio.sleep(0.1)
        await browser.send(json.dumps({"id": 2, "method": "Tracing.end"}))
        while True:
            message = json.loads(await browser.recv())
            if message.get("method") == "Tracing.dataCollected":
                events += message["params"]["value"]
            elif message.get("method") == "Tracing.tracingComplete":
                return


class Tab:
    """One tab. `tolerated`: regular expressions of console messages that the story provokes."""

    def __init__(self, browser: Browser, base: str, handle: str):
        self.browser, self.base, self.handle = browser, base, handle
        self.tolerated = []
        self.cdp("Page.enable")
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        self.cdp("Storage.clearDataForOrigin", origin=base, storageTypes="all")
        self.viewport()

    # -- the browser's own ------------------------------------------------------------------------------

    @property
    def driver(self):
        self.browser.show(self.handle)
        return self.browser.driver

    def cdp(self, method: str, **parameters):
        return self.driver.execute_cdp_cmd(method, parameters)

    def viewport(self, width: int = 1440, height: int = 900, touch: bool = False):
        self.width, self.height, self.touch = width, height, touch
        self._lay_out(height)
        self.cdp("Emulation.setTouchEmulationEnabled", enabled=touch)

    def _lay_out(self, height: int):
        self.cdp("Emulation.setDeviceMetricsOverride", width=self.width, height=min(height, HEIGHT_MAX), deviceScaleFactor=1,
                 mobile=self.touch)

    def prefers(self, **features):
        """What the person's system prefers: color_scheme="light", reduced_motion="reduce", contrast="more"."""
        listed = [{"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()]
        self.cdp("Emulation.setEmulatedMedia", features=listed)

    def offline(self, is_offline: bool):
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", offline=is_offline, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def screenshot(self, path: pathlib.Path, whole: bool = False):
        """What is seen, or the whole page down to its end (in a window as high as that, so that all of it is drawn)."""
        tall = "return document.documentElement.scrollHeight"
        if whole:
            for _ in range(2):  # what comes into view takes its true height then
                self._lay_out(max(self.height, self.js(tall)))
                self.frame()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self.cdp("Page.captureScreenshot", format="png")["data"]))
        if whole:
            self._lay_out(self.height)

    # -- going and looking ------------------------------------------------------------------------------

    def go(self, path: str):
        self.driver.get(self.base + path)
        return self

    def reload(self):
        self.driver.refresh()

    @property
    def path(self) -> str:
        """Path, query and fragment of the address."""
        return self.js("return location.pathname + location.search + location.hash")

    def js(self, script: str, *arguments):
        return self.driver.execute_script(script, *arguments)

    def js_async(self, script: str, *arguments):
        """`script` is the body of an async function; returns what it returns."""
        wrapped = ("const done = arguments[arguments.length - 1];"
                   f"(async () => {{ {script} }}).apply(null, arguments).then((v) => done([v]), (e) => done({{error: String(e)}}))")
        answer = self.driver.execute_async_script(wrapped.replace("(async () =>", "(async function()")
                                                  .replace("function() {", "function() {", 1), *arguments)
        assert not isinstance(answer, dict), answer["error"]
        return answer[0]

    def until(self, script: str, *arguments, deadline_s: float = DEADLINE_S, what=""):
        """`script` returns something true; that is returned."""
        def asked():
            try:
                return self.js(script, *arguments)
            except (exceptions.JavascriptException, exceptions.StaleElementReferenceException):
                return None  # the page is between two states

        return wait_until(asked, deadline_s, lambda: f"{what() if callable(what) else what or script}\n{self.told()}")

    def stays(self, script: str, *arguments, frames: int = 20):
        """`script` stays true for so many frames: what is not to happen has had its chance."""
        for _ in range(frames):
            assert self.js(script, *arguments), f"did not stay: {script}\n{self.told()}"
            self.frame()

    def frame(self):
        """The page has had a frame of its own."""
        self.driver.execute_async_script("const d = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => d()))")

    def told(self) -> str:
        """How the page looks, for a failure."""
        try:
            return self.js("return location.href + '\\n' + (document.body?.innerText ?? '')").replace("\n\n", "\n")[:700]
        except exceptions.WebDriverException as error:
            return f"(the page does not say: {error.msg})"

    def find(self, selector: str, text: str = None, exact: bool = False, deadline_s: float = DEADLINE_S):
        """The element, once it is seen. `text` is in its label or in what it says; exact: it is all of that."""
        return self.until(FIND, selector, text, exact, deadline_s=deadline_s, what=f"there is no {selector} {text or ''}")

    def has(self, selector: str, text: str = None) -> bool:
        return self.js(FIND, selector, text, False) is not None

    def gone(self, selector: str, text: str = None, deadline_s: float = DEADLINE_S):
        wait_until(lambda: not self.has(selector, text), deadline_s, lambda: f"{selector} {text or ''} is still there\n{self.told()}")

    def count(self, selector: str) -> int:
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector: str) -> str:
        return re.sub(r"\s+", " ", self.find(selector).text).strip()

    def see(self, words: str, within: str = "body", deadline_s: float = DEADLINE_S):
        """These words are read somewhere on the page."""
        self.until("""const all = [...document.querySelectorAll(arguments[1])].map((n) => n.innerText).join("\\n");
                      return all.replace(/\\s+/g, " ").includes(arguments[0])""", words, within, deadline_s=deadline_s,
                   what=f"nobody reads {words!r}")

    def unseen(self, words: str, within: str = "body", deadline_s: float = DEADLINE_S):
        self.until("""const all = [...document.querySelectorAll(arguments[1])].map((n) => n.innerText).join("\\n");
                      return !all.replace(/\\s+/g, " ").includes(arguments[0])""", words, within, deadline_s=deadline_s,
                   what=f"{words!r} is still read")

    # -- doing ------------------------------------------------------------------------------------------

    def click(self, selector: str, text: str = None, exact: bool = False, deadline_s: float = DEADLINE_S):
        """Click with the mouse on what is seen and lies on top."""
        until = time.monotonic() + deadline_s
        while True:
            node = self.find(selector, text, exact, deadline_s)
            try:
                if node.is_enabled():
                    node.click()
                    return
                why = "it is disabled"
            except (exceptions.ElementClickInterceptedException, exceptions.StaleElementReferenceException,
                    exceptions.ElementNotInteractableException) as error:
                why = error.msg
                with contextlib.suppress(exceptions.StaleElementReferenceException):
                    self.js("arguments[0].scrollIntoView({block: 'center'})", node)
            assert time.monotonic() < until, f"{selector} {text or ''} cannot be clicked: {why}\n{self.told()}"
            self.frame()

    def hover(self, selector: str, text: str = None):
        ActionChains(self.driver, duration=0).move_to_element(self.find(selector, text)).perform()

    def type(self, selector: str, text: str, text_of: str = None):
        """Put `text` into a field in place of what is there."""
        node = self.find(selector, text_of)
        node.click()
        node.send_keys(Keys.CONTROL + "a")
        node.send_keys(text or Keys.DELETE)

    def paste(self, selector: str, text: str):
        """Long or strange text into a field, as the clipboard brings it: one input event."""
        self.find(selector).click()
        self.press(Keys.CONTROL + "a")
        self.cdp("Input.insertText", text=text)

    def press(self, *keys: str):
        """Press keys one after the other, wherever the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focused(self) -> str:
        """What has the focus: its role in the page, its label or its text."""
        return self.js("""const n = document.activeElement;
                          return [n.dataset.role ?? n.id ?? n.localName, n.getAttribute("aria-label") ?? n.innerText ?? ""].join(" ").trim()""")

    def tab_to(self, selector: str, text: str = None, most: int = 60):
        """Press Tab until that has the focus."""
        for _ in range(most):
            if self.js("const n = document.activeElement; return n !== null && n.matches(arguments[0]) && "
                       "(arguments[1] === null || (n.getAttribute('aria-label') ?? n.innerText).includes(arguments[1]))", selector, text):
                return
            ActionChains(self.driver, duration=0).send_keys(Keys.TAB).perform()
        raise AssertionError(f"Tab never comes to {selector} {text or ''}; it is at {self.focused()}")

    # -- what no page may do ------------------------------------------------------------------------------

    def assert_no_sideways_scroll(self):
        """Nothing stands out at the side; names what does."""
        wide = self.js("""
            const root = document.documentElement, wide = root.clientWidth;
            if (root.scrollWidth <= wide) return null;
            return [...document.querySelectorAll("body *")].filter((n) => n.getBoundingClientRect().right > wide + 1)
                .map((n) => n.localName + "." + n.className).slice(0, 8)""")
        assert wide is None, f"it scrolls sideways at {self.path}: {wide}"

    def faults(self) -> list:
        with contextlib.suppress(exceptions.WebDriverException):
            return self.js("return [...(window.__faults ?? []), ...(window.__pwned ? ['a script of others ran'] : [])]")
        return []


def console_complaints(browser: Browser, tolerated=()) -> list:
    """What the console says that is no story's intention."""
    found = []
    for level, text in browser.console():
        if level in ("SEVERE", "WARNING") and not any(re.search(pattern, text) for pattern in tolerated):
            found.append(f"{level} {text}")
    return found


def dump(value) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
