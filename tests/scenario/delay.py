"""delay.py PORT TARGET MS: a relay on loopback that holds every piece back for MS milliseconds each way, as a link between houses does."""
import asyncio
import sys

port, target, ms = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1000


async def pump(reader, writer):
    queue = asyncio.Queue()
    clock = asyncio.get_running_loop().time

    async def out():
        while True:
            when, data = await queue.get()
            await asyncio.sleep(max(0, when - clock()))
            if data is None:
                break
            try:
                writer.write(data)
                await writer.drain()
            except OSError:
                break
        writer.close()

    task = asyncio.ensure_future(out())
    try:
        while data := await reader.read(65536):
            queue.put_nowait((clock() + ms, data))
    except OSError:
        pass
    queue.put_nowait((clock() + ms, None))
    await task


async def one(reader, writer):
    try:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
    except OSError:
        writer.close()
        return
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)


async def main():
    async with await asyncio.start_server(one, "127.0.0.1", port) as server:
        await server.serve_forever()


asyncio.run(main())
