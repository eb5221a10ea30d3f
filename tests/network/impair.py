"""A bad line between two network namespaces, in user space.

Two TUN devices, one in this process's namespace and one in a named one, and this process as the wire between
them. It loses, delays, slows, queues and stalls packets as it is told by lines on its standard input, and answers
each line with one line of JSON on its standard output. Needs root. Standard library only.

    impair.py --namespace NAME --near 10.77.0.1 --far 10.77.0.2 [--device NAME] [--seed N]

Commands act on both directions; `down` (towards the namespace) or `up` before them means one.

    loss PERCENT            random and independent
    delay MS [JITTER_MS]    each way; jitter is even within 0..JITTER_MS and never reorders
    rate KBIT_PER_S         0 is unlimited; counts IP packets whole
    queue MS                what may wait for a limited rate before the newest packets are dropped
    stall MS                nothing passes for so long; what fits the queue passes afterwards
    clear                   a perfect line; what waits goes out at once
    stats                   counters, without changing anything
    quit
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import json
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field

TUN_SET_INTERFACE = 0x400454CA
TUN_LAYER_3 = 0x0001
TUN_NO_PACKET_INFO = 0x1000
CLONE_NEW_NET = 0x40000000
MTU_BYTES = 1500
QUEUE_MS = 300.0
# What an unlimited line holds while it stalls: about a second of a call.
UNLIMITED_QUEUE_BYTES = 128 * 1024


class Refused(Exception):
    """A line on standard input that is no command."""


@dataclass
class Counters:
    passed: int = 0
    passed_bytes: int = 0
    lost: int = 0
    overflowed: int = 0


@dataclass
class Direction:
    """One way of the line. Times are seconds of the monotonic clock."""

    chance: random.Random
    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    bytes_per_s: float = 0.0
    queue_s: float = QUEUE_MS / 1_000
    stalled_until_s: float = 0.0
    free_at_s: float = 0.0
    # Packets with the time at which they leave, oldest first; leaving times never go down.
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)
    waiting_bytes: int = 0
    counters: Counters = field(default_factory=Counters)

    def take(self, packet: bytes, now_s: float) -> None:
        if self.loss > 0 and self.chance.random() < self.loss:
            self.counters.lost += 1
            return
        if self.waiting_bytes + len(packet) > self._room_bytes():
            self.counters.overflowed += 1
            return
        starts_s = max(now_s, self.free_at_s, self.stalled_until_s)
        self.free_at_s = starts_s + (len(packet) / self.bytes_per_s if self.bytes_per_s > 0 else 0.0)
        leaves_s = self.free_at_s + self.delay_s + self.chance.random() * self.jitter_s
        if self.waiting:
            leaves_s = max(leaves_s, self.waiting[-1][0])
        self.waiting.append((leaves_s, packet))
        self.waiting_bytes += len(packet)

    def due(self, now_s: float) -> list[bytes]:
        packets: list[bytes] = []
        while self.waiting and self.waiting[0][0] <= now_s and now_s >= self.stalled_until_s:
            packet = self.waiting.popleft()[1]
            self.waiting_bytes -= len(packet)
            self.counters.passed += 1
            self.counters.passed_bytes += len(packet)
            packets.append(packet)
        return packets

    def stall(self, for_s: float, now_s: float) -> None:
        self.stalled_until_s = max(self.stalled_until_s, now_s + for_s)
        # What waits goes out at the line's own pace afterwards, not all at once.
        held = [packet for _, packet in self.waiting]
        self.waiting.clear()
        self.waiting_bytes = 0
        self.free_at_s = self.stalled_until_s
        loss, self.loss = self.loss, 0.0
        for packet in held:
            self.take(packet, now_s)
        self.loss = loss

    def next_s(self) -> float | None:
        return max(self.waiting[0][0], self.stalled_until_s) if self.waiting else None

    def clear(self) -> None:
        self.loss = self.delay_s = self.jitter_s = self.bytes_per_s = self.free_at_s = 0.0
        self.stalled_until_s = 0.0
        self.queue_s = QUEUE_MS / 1_000
        self.waiting = deque((0.0, packet) for _, packet in self.waiting)

    def _room_bytes(self) -> float:
        if self.bytes_per_s <= 0:
            return UNLIMITED_QUEUE_BYTES
        # A delayed packet is on its way, not in the queue.
        in_flight_s = self.delay_s + self.jitter_s
        return max(2 * MTU_BYTES, self.bytes_per_s * (self.queue_s + in_flight_s))


def obey(line: str, down: Direction, up: Direction, now_s: float) -> dict[str, object]:
    words = line.split()
    ways = [down, up]
    if words and words[0] in ("down", "up"):
        ways = [down if words.pop(0) == "down" else up]
    if not words:
        raise Refused("No command.")
    command, *rest = words
    try:
        numbers = [float(word) for word in rest]
    except ValueError as error:
        raise Refused(f"No number: {' '.join(rest)}.") from error
    wanted = {"loss": 1, "rate": 1, "queue": 1, "stall": 1, "clear": 0, "stats": 0}
    if command == "delay" and len(numbers) not in (1, 2):
        raise Refused("delay takes milliseconds, and jitter if wanted.")
    if command != "delay" and wanted.get(command) != len(numbers):
        raise Refused(f"Not understood: {line.strip()}.")
    if any(not number >= 0 for number in numbers):
        raise Refused("Numbers are not negative.")
    for way in ways:
        if command == "loss":
            way.loss = min(1.0, numbers[0] / 100)
        elif command == "delay":
            way.delay_s = numbers[0] / 1_000
            way.jitter_s = numbers[1] / 1_000 if len(numbers) > 1 else 0.0
        elif command == "rate":
            way.bytes_per_s = numbers[0] * 125
            way.free_at_s = max(now_s, way.stalled_until_s)
        elif command == "queue":
            way.queue_s = numbers[0] / 1_000
        elif command == "stall":
            way.stall(numbers[0] / 1_000, now_s)
        elif command == "clear":
            way.clear()
    return {"ok": True, "down": vars(down.counters), "up": vars(up.counters)}


def tun(name: str) -> int:
    """Opens a TUN device in the namespace that this process is in now; it goes when it is closed."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    flags = struct.pack("16sH22x", name.encode(), TUN_LAYER_3 | TUN_NO_PACKET_INFO)
    fcntl.ioctl(file, TUN_SET_INTERFACE, flags)
    return file


def address(device: str, own: str, peer: str) -> None:
    for command in (
        ["ip", "address", "add", own, "peer", peer, "dev", device],
        ["ip", "link", "set", device, "mtu", str(MTU_BYTES), "up"],
    ):
        subprocess.run(command, check=True)


def enter(namespace: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}", "rb") as place:
        if libc.setns(place.fileno(), CLONE_NEW_NET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace {namespace}")


def pump(source: int, way: Direction, now_s: float) -> None:
    while True:
        try:
            packet = os.read(source, 65_536)
        except BlockingIOError:
            return
        way.take(packet, now_s)


def deliver(target: int, way: Direction, now_s: float) -> None:
    for packet in way.due(now_s):
        try:
            os.write(target, packet)
        except BlockingIOError:
            way.counters.overflowed += 1


def relay(near: int, far: int, down: Direction, up: Direction) -> None:
    poll = select.poll()
    for file in (near, far, sys.stdin.fileno()):
        poll.register(file, select.POLLIN)
    pending = b""
    while True:
        now_s = time.monotonic()
        soonest = min((at for at in (down.next_s(), up.next_s()) if at is not None), default=now_s + 1)
        for file, _ in poll.poll(max(0.0, (soonest - now_s) * 1_000)):
            now_s = time.monotonic()
            if file == near:
                pump(near, down, now_s)
            elif file == far:
                pump(far, up, now_s)
            else:
                read = os.read(file, 4_096)
                if read == b"":
                    return
                *lines, pending = (pending + read).split(b"\n")
                for line in lines:
                    if line.strip() == b"quit":
                        return
                    try:
                        answer = obey(line.decode(), down, up, now_s)
                    except Refused as refused:
                        answer = {"ok": False, "reason": str(refused)}
                    print(json.dumps(answer), flush=True)
        now_s = time.monotonic()
        deliver(far, down, now_s)
        deliver(near, up, now_s)


def main() -> None:
    parser = argparse.ArgumentParser(description="A bad line between two network namespaces.")
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--near", required=True)
    parser.add_argument("--far", required=True)
    parser.add_argument("--device", default="understudy0")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    near = tun(options.device)
    address(options.device, options.near, options.far)
    enter(options.namespace)
    far = tun(options.device)
    address(options.device, options.far, options.near)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    down = Direction(random.Random(options.seed))
    up = Direction(random.Random(options.seed + 1))
    print(json.dumps({"ok": True}), flush=True)
    relay(near, far, down, up)


if __name__ == "__main__":
    main()
