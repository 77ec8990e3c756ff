"""Makes docs/images/report.png, the README's picture of a report.

    llm-extract run eval/articles --out demo-output
    python docs/screenshot.py demo-output

Needs Chromium and the extra `dev`.
"""

import base64
import struct
import sys
import tempfile
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from llm_extract.report import write_report
from tests.support.browser import chromium

PICTURE = Path(__file__).parent / "images" / "report.png"
ADDRESS = "#/meetings/pair/dmytro-kuleba/sergey-lavrov"
SIZE = {"width": 1200, "height": 720}
# Each pixel as the number of the nearest of the 256 most frequent colours: a third of the bytes.
REDUCE = """async png => {
    const image = new Image();
    image.src = "data:image/png;base64," + png;
    await image.decode();
    const [width, height] = [image.width, image.height];
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
    const parts = pixel => [pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255];
    const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([pixel]) => pixel);
    const kept = sorted.slice(0, 256).map(parts);
    const number = new Map(sorted.map(pixel => {
        const [r, g, b] = parts(pixel);
        const far = kept.map(k => (k[0] - r) ** 2 + (k[1] - g) ** 2 + (k[2] - b) ** 2);
        return [pixel, far.indexOf(Math.min(...far))];
    }));
    const binary = Uint8Array.from(pixels, pixel => number.get(pixel));
    let text = "";
    for (let i = 0; i < binary.length; i += 32768) {
        text += String.fromCharCode(...binary.subarray(i, i + 32768));
    }
    return [width, height, kept.flat(), btoa(text)];
}"""


def main() -> None:
    """Take the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        report = write_report(Path(sys.argv[1]), Path(folder) / "report.html").path
        page = browser.new_page(viewport=SIZE, device_scale_factor=2)
        page.goto(report.as_uri() + ADDRESS)
        page.wait_for_selector("html[data-ready]")
        page.wait_for_timeout(500)  # what arrives has arrived
        shown = base64.b64encode(page.screenshot()).decode()
        reduced = browser.new_page().evaluate(REDUCE, shown)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(_png(*reduced))
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


def _png(width: int, height: int, palette: list[int], numbers: str) -> bytes:
    """Write a picture whose pixels are numbers of colours."""
    pixels = base64.b64decode(numbers)
    lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(palette)),
        (b"IDAT", zlib.compress(lines, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


if __name__ == "__main__":
    main()
