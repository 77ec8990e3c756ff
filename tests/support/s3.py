"""An S3 server on this machine, for the tests that talk its protocol."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BUCKET = "news"


@contextmanager
def s3_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the server with an empty bucket, and let fsspec find it; yields the bucket's URL."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    # As FSSPEC_S3_ENDPOINT_URL would, which is read when fsspec is imported.
    monkeypatch.setitem(fsspec.config.conf, "s3", {"endpoint_url": f"http://{host}:{port}"})
    # A server takes over what one before it in the same process had.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    try:
        fsspec.filesystem("s3").mkdir(BUCKET)
        yield f"s3://{BUCKET}"
    finally:
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        server.stop()
