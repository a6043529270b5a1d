"""Takes TLS at a port of its own and hands on what is in it: `... PORT CERTIFICATE KEY`."""

from __future__ import annotations

import asyncio
import ssl
import sys

_BLOCK = 1 << 16


async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Hand on what comes until its end."""
    while data := await source.read(_BLOCK):
        target.write(data)
    target.close()


async def main() -> None:
    """Print the port, and serve until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*sys.argv[2:])
    context.set_alpn_protocols(["h2"])

    async def hand_on(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, onward = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        await asyncio.gather(pump(near, onward), pump(far, back), return_exceptions=True)

    server = await asyncio.start_server(hand_on, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
