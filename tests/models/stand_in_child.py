"""A stand-in for the embedded model's child process: its real life cycle around a tiny server."""

import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

from llm_extract.errors import EmbeddedServerError
from llm_extract.models.embedded_child import ChildConfig, run


def serve(config: ChildConfig) -> SimpleNamespace:
    """Answer `/health` and, to those who know the key, `/v1/…`; or fail as the argument says."""
    print("noise on standard output", flush=True)
    match sys.argv[1]:
        case "refuses":
            raise EmbeddedServerError("a line for the user")
        case "fails":
            print("E loader: invalid magic", file=sys.stderr)
            raise RuntimeError("cannot be loaded")
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            print("E loader: still at it", file=sys.stderr, flush=True)
            time.sleep(60)
    healthy_from = time.monotonic() + 0.3

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                self.send_response(200 if time.monotonic() > healthy_from else 503)
            else:
                known = self.headers["Authorization"] == f"Bearer {config.api_key}"
                self.send_response(200 if known else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return SimpleNamespace(listening_address=f"http://127.0.0.1:{server.server_port}")


if __name__ == "__main__":
    run(serve)
