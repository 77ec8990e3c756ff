"""Makes docs/images/report.png, the README's picture of a report.

    llm-extract run eval/articles --out demo-output
    python docs/screenshot.py demo-output

Needs Chromium, the extra `dev`, and Pillow, which brings the picture down to 256 colours.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from llm_extract.report import write_report
from tests.support.browser import chromium

PICTURE = Path(__file__).parent / "images" / "report.png"
ADDRESS = "#/meetings/pair/dmytro-kuleba/sergey-lavrov"
SIZE = {"width": 1200, "height": 720}


def main() -> None:
    """Take the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        report = write_report(Path(sys.argv[1]), Path(folder) / "report.html").path
        page = browser.new_page(viewport=SIZE, device_scale_factor=2)
        page.goto(report.as_uri() + ADDRESS)
        page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(500)  # what arrives has arrived
        shown = Image.open(io.BytesIO(page.screenshot()))
    PICTURE.parent.mkdir(exist_ok=True)
    shown.convert("RGB").quantize(256).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
