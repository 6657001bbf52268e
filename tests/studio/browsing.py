"""Pages of a served studio in a real Chromium, and what axe says of them."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

AXE = gzip.decompress((Path(__file__).parent / "axe.min.js.gz").read_bytes()).decode()
PATIENCE = 180_000


@pytest.fixture
def visit(browser) -> Iterator:
    """Open pages of one browser with one cookie; complaints are kept."""
    made = []

    def visit(address: str, width: int = 1200, within=None, scheme: str = "light"):
        size = {"width": width, "height": 900}
        # Without motion: axe would measure the contrast of what is half faded.
        calm = {"viewport": size, "color_scheme": scheme, "reduced_motion": "reduce"}
        context = within or browser.new_context(**calm)
        made.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        return page

    yield visit
    for context in made:
        context.close()


def violations(page) -> list[str]:
    """What axe finds: rule and element."""
    session = page.context.new_cdp_session(page)  # past the page's own policy
    session.send("Runtime.evaluate", {"expression": AXE})
    script = "axe.run().then((found) => JSON.stringify(found.violations))"
    wanted = {"expression": script, "awaitPromise": True, "returnByValue": True}
    found = json.loads(session.send("Runtime.evaluate", wanted)["result"]["value"])
    return [f"{each['id']}: {node['html'][:120]}" for each in found for node in each["nodes"]]
