"""A Milvus server of the tests' own: `python -m tests.retrieval.milvus.server FOLDER`."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.ports import free_port

TOKEN = "root:Milvus"
"""The token that a server wants which wants one."""
_BLOCK = 1 << 16


class Server:
    """The server of the package `milvus`, in a process that can be stopped and started again.

    It takes another port each time, so a relay stands before it, whose address stays.

    Args:
        folder: Where it keeps what it has.
        authorized: Whether it wants a token.

    Attributes:
        address: Where clients find it.
    """

    def __init__(self, folder: Path, authorized: bool = False) -> None:
        self._arguments = [str(folder), *(["authorized"] if authorized else [])]
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self._relay = Relay()
        self.port = self._relay.port
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        module = "tests.retrieval.milvus.server"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *self._arguments],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        self.join()

    def cut(self) -> None:
        """Cut all connections to it, and let nobody connect."""
        self._relay.close()

    def join(self) -> None:
        """Let everybody connect again."""
        self._relay.open(self._port)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing through to it or from it meanwhile, though connections stay."""
        self._relay.flows.clear()
        try:
            yield
        finally:
            self._relay.flows.set()

    def stop(self) -> None:
        """Stop it at once, with all connections to it."""
        self.cut()
        if self._process is not None:
            # It ends when nobody holds the other end.
            self._process.communicate()
            self._process = None


class Relay:
    """Hands on what comes to a port of its own, as long as it is open.

    Attributes:
        flows: Not set while what comes is held back.
    """

    def __init__(self) -> None:
        self.flows = threading.Event()
        self.flows.set()
        self.port = free_port()
        self._sockets: list[socket.socket] = []

    def open(self, port: int) -> None:
        """Hand on to another port, from now on."""
        listening = self._listening()
        threading.Thread(target=self._accept, args=(listening, port), daemon=True).start()

    def close(self) -> None:
        """Take no connection more, and cut all there are."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets = []

    def _listening(self) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        self._sockets.append(listening)
        return listening

    def _accept(self, listening: socket.socket, port: int) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", port))
                self._sockets += [near, far]
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_BLOCK):
                self.flows.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def main() -> None:
    """Serve until standard input ends, and print the port."""
    from milvus import default_server

    default_server.set_base_dir(sys.argv[1])
    default_server.config.set("authorization_enabled", "authorized" in sys.argv[2:])
    default_server.start()
    print(default_server.listen_port, flush=True)
    sys.stdin.read()
    default_server.stop()


if __name__ == "__main__":
    main()
