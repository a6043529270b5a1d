"""Take the picture of the page in the README: `python -m tests.bot.web.picture OUT.png`.

The server runs on the articles in `seeds` and is asked in Chromium, half as wide as a screen in the
light, and on a phone in the dark.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.bot.shell import Shell
from tests.paths import SEEDS

from .browsers import browser
from .servers import served

QUESTIONS = ("Why did comunications fail?", "What is the capital of Mongolia?")
_FRAME = """
<!doctype html><style>
body { margin: 0; padding: 24px; display: flex; gap: 24px; background: #e3e8ee; }
img { border-radius: 12px; box-shadow: 0 2px 12px #0005; display: block; }
</style><img src="wide.png"><img src="phone.png">
"""


def shot(chromium: Browser, url: str, path: Path, **context: Any) -> None:  # noqa: ANN401
    """Ask the questions, and take a picture of the page."""
    page = chromium.new_context(reduced_motion="reduce", **context).new_page()
    page.goto(url)
    for number, question in enumerate(QUESTIONS, start=1):
        page.locator("#question").fill(question)
        page.keyboard.press("Enter")
        page.locator(f"#turn-{number}").wait_for()
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=path)


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        shell = Shell(Path(folder))
        shutil.copytree(SEEDS, shell.articles)
        wide, phone = Path(folder, "wide.png"), Path(folder, "phone.png")
        with served(shell) as server:
            screen, hand = {"width": 700, "height": 640}, {"width": 360, "height": 640}
            shot(chromium, server.url, wide, viewport=screen)
            shot(chromium, server.url, phone, viewport=hand, color_scheme="dark", locale="uk")
        frame = Path(folder, "frame.html")
        frame.write_text(_FRAME)
        page = chromium.new_page(viewport={"width": 1132, "height": 688})
        page.goto(frame.as_uri())
        page.screenshot(path=out)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
