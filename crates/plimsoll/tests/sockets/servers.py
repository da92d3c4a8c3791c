# Python's websockets: an echo, which says how connections end. Prints the port, then what happens.
import asyncio

import websockets


async def echo(connection):
    try:
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosed:
        pass
    print("closed", connection.close_code, connection.close_reason, flush=True)


async def main():
    def choose(connection, offered):
        return "chat" if "chat" in offered else None

    async with websockets.serve(echo, "127.0.0.1", 0, max_size=None, select_subprotocol=choose) as server:
        print("listening", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run(main())
