"""A Milvus server of the tests' own: `python -m tests.retrieval.milvus.server FOLDER PORT`."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path


class Server:
    """The server of the package `milvus`, in a process that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.retrieval.milvus.server",
                str(self._folder),
                str(self._port),
            ],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def stop(self) -> None:
        """Stop it at once."""
        if self._process is not None:
            # It ends when nobody holds the other end.
            self._process.communicate()
            self._process = None


def main() -> None:
    """Serve until standard input ends."""
    from milvus import default_server

    default_server.set_base_dir(sys.argv[1])
    default_server.listen_port = int(sys.argv[2])
    default_server.start()
    print("ready", flush=True)
    sys.stdin.read()
    default_server.stop()
    time.sleep(0.5)


if __name__ == "__main__":
    main()
