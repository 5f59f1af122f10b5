"""What axe-core (WCAG 2.2 AA and good practice) has against what is seen. It comes from npm: make test-deps."""
from rig import fuse as rig_fuse

import chrome

AXE = rig_fuse.ROOT / "build/node/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def check_axe(tab, where: str):
    """Nothing that axe-core can find is wrong with what is seen."""
    assert AXE.exists(), "axe-core is missing: make test-deps"
    if tab.js("return typeof axe === 'undefined'"):
        tab.js(AXE.read_text() + "; window.axe = axe;")
    # Colours are judged as they are at the end of every transition.
    tab.until("return document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)")
    found = tab.js_async("""const answer = await axe.run(document, {runOnly: {type: "tag", values: arguments[0]}, resultTypes: ["violations"]});
        return answer.violations.map((one) => [one.id, one.help, one.nodes.slice(0, 4).map((node) => node.target.join(" ") + " | " + node.failureSummary)])""", RULES)
    assert found == [], f"{where}: {chrome.dump(found)}"
