# python3-hl7's asyncio MLLP server, each message into SQLite (WAL, synchronous=FULL) before the acknowledgement. python3 python_hl7.py PORT FILE
import asyncio, sqlite3, sys
import hl7
from hl7.mllp import start_hl7_server

db = sqlite3.connect(sys.argv[2], isolation_level=None)
db.execute("pragma journal_mode=wal")
db.execute("pragma synchronous=full")
db.execute("create table if not exists m(id integer primary key, body text)")

async def on_connection(reader, writer):
    try:
        while not writer.is_closing():
            message = await reader.readmessage()
            db.execute("insert into m(body) values(?)", (str(message),))
            writer.writemessage(message.create_ack())
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()

async def main():
    async with await start_hl7_server(on_connection, port=int(sys.argv[1]), limit=1 << 26) as server:
        await server.serve_forever()

asyncio.run(main())
