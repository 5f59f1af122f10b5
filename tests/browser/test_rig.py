"""The rig itself: what it must notice, it notices."""
import pytest

import chrome


def test_a_script_and_a_style_that_the_policy_forbids_are_noticed(site, tab):
    tab.go("/")
    tab.js("document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.__pwned = 1'}))")
    tab.until("return window.__faults.length > 0")
    assert any(fault.startswith("CSP: script-src") for fault in tab.faults()), tab.faults()
    tab.tolerated += ["CSP: script-src", "Executing inline script|Refused to execute inline script"]


def test_an_error_of_a_page_is_noticed(site, tab):
    tab.go("/")
    tab.js("setTimeout(() => { throw new Error('of the story'); })")
    tab.until("return window.__faults.length > 0")
    said = chrome.console_complaints(tab.browser)
    assert any("of the story" in text for text in said), said
    tab.tolerated += ["of the story", "Script error"]


def test_what_cannot_be_seen_is_not_found(site, tab):
    tab.go("/")
    tab.js("document.body.insertAdjacentHTML('beforeend', '<button hidden>Here</button>')")
    with pytest.raises(AssertionError, match="there is no button"):
        tab.find("button", "Here", deadline_s=0.3)
