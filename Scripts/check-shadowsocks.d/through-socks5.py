#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends bytes of random numbers through a SOCKS5 proxy, and compares what comes back.

  through-socks5.py transfers PORT [--count N] [--parallel N] [--limit BYTES] [--seed N] [--open]
  through-socks5.py datagrams PORT [--count N] [--seed N]

The proxy is at 127.0.0.1. Near ends end their half of a connection behind their last byte, unless
--open is given, for proxies that do not pass that on. The far ends are sockets of this process.
"""
import argparse
import asyncio
import hashlib
import os
import random
import socket
import struct
import time

# Bytes that go up, bytes that come down, and whether the near end ends its half behind its last.
HEAD = struct.Struct(">II?")
POOL = os.urandom(1 << 20)


def some_bytes(source, size):
    start = source.randrange(len(POOL) - size)
    return POOL[start:start + size]


async def answer(reader, writer):
    """Reads what was announced, and answers with checksums of it and of the bytes that follow."""
    try:
        up, down, ends = HEAD.unpack(await reader.readexactly(HEAD.size))
        got = await reader.readexactly(up)
        if ends:
            assert not await reader.read(1), "more came than was sent"
        data = some_bytes(random, down)
        writer.write(hashlib.sha256(got).digest() + hashlib.sha256(data).digest() + data)
        await writer.drain()
    except (asyncio.CancelledError, asyncio.IncompleteReadError, AssertionError, OSError):
        # The near end gets no answer, and tells.
        pass
    finally:
        writer.close()


async def transfer(proxy_port, port, source, limit, ends):
    """One connection, with random numbers of bytes up and down; returns both."""
    up, down = source.randint(1, limit), source.randint(1, limit)
    host = source.choice([b"\1" + socket.inet_aton("127.0.0.1"), b"\3\x09localhost"])
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy_port)
    writer.write(b"\5\1\0")
    assert await reader.readexactly(2) == b"\5\0", "the greeting is refused"
    writer.write(b"\5\1\0" + host + struct.pack(">H", port))
    reply = await reader.readexactly(10)
    assert reply[:2] == b"\5\0", f"the request is refused: {reply!r}"
    data = some_bytes(source, up)
    writer.write(HEAD.pack(up, down, ends) + data)
    if ends:
        writer.write_eof()
    got = await reader.read(-1)
    writer.close()
    assert len(got) == 64 + down, f"{len(got)} bytes came, not {64 + down}"
    assert got[:32] == hashlib.sha256(data).digest(), "bytes have changed on their way up"
    assert got[32:64] == hashlib.sha256(got[64:]).digest(), "bytes have changed on their way down"
    return up, down


async def transfers(options):
    source = random.Random(options.seed)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    rest = [random.Random(source.random()) for _ in range(options.count)]
    moved = [0, 0]

    async def work():
        while rest:
            one = transfer(options.port, port, rest.pop(), options.limit, not options.open)
            up, down = await asyncio.wait_for(one, 60)
            moved[0] += up
            moved[1] += down

    begin = time.monotonic()
    await asyncio.gather(*(work() for _ in range(options.parallel)))
    took = time.monotonic() - begin
    server.close()
    print(f"{options.count} transfers, {options.parallel} at a time, {moved[0] / 1e6:.0f} MB up and"
          f" {moved[1] / 1e6:.0f} MB down in {took:.1f} s, all with the same checksums")


def receive(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        assert part, f"ended behind {data!r}"
        data += part
    return data


def datagrams(options):
    """Datagrams of random sizes to an echo socket and back, one at a time."""
    source = random.Random(options.seed)
    socket.setdefaulttimeout(20)
    for family, host, kind in [(socket.AF_INET, "127.0.0.1", 1), (socket.AF_INET6, "::1", 4)]:
        echo = socket.socket(family, socket.SOCK_DGRAM)
        echo.bind((host, 0))
        control = socket.create_connection(("127.0.0.1", options.port))
        control.sendall(b"\5\1\0")
        assert receive(control, 2) == b"\5\0", "the greeting is refused"
        control.sendall(b"\5\3\0\1" + bytes(6))
        reply = receive(control, 10)
        assert reply[:4] == b"\5\0\0\1", f"the association is refused: {reply!r}"
        relay = (socket.inet_ntoa(reply[4:8]), struct.unpack(">H", reply[8:])[0])
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = struct.pack(">H", echo.getsockname()[1])
        head = bytes([0, 0, 0, kind]) + socket.inet_pton(family, host) + port
        for size in [1, 1200] + [source.randint(1, 1200) for _ in range(options.count - 2)]:
            data = some_bytes(source, size)
            client.sendto(head + data, relay)
            got, far = echo.recvfrom(65536)
            assert got == data, "a datagram has changed on its way out"
            echo.sendto(hashlib.sha256(got).digest() + got, far)
            got = client.recvfrom(65536)[0]
            assert got == head + hashlib.sha256(data).digest() + data, \
                "a datagram has changed on its way back"
        control.close()
    print(f"{options.count} datagrams to IPv4 and as many to IPv6, each there and back unchanged")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["transfers", "datagrams"])
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--parallel", type=int, default=16)
    parser.add_argument("--limit", type=int, default=200 << 10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--open", action="store_true")
    options = parser.parse_args()
    try:
        if options.what == "transfers":
            asyncio.run(transfers(options))
        else:
            datagrams(options)
    except Exception as error:
        kind = type(error).__name__
        raise SystemExit(f"{options.what} with --seed {options.seed}: {kind}: {error}")


main()
