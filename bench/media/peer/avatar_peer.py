"""The peer: LiveKit's AvatarRunner with its AVSynchronizer, unmodified, playing the same script as our publisher.

Reads its order as JSON from the first line of stdin, ends when stdin ends, and says what happens as lines of JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
from livekit import rtc
from livekit.agents.voice.avatar import (
    AudioSegmentEnd,
    AvatarOptions,
    AvatarRunner,
    QueueAudioOutput,
    VideoGenerator,
)
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX, FPS = 848, 480, 25
TONE_PEAK = 10_000
# The flash as the marker face of ours draws it: luma 20 without, 235 with a flash that begins with its picture.
DARK, FRESH = 20, 235
# A picture whose part of the sound is at least this loud (mean of absolute samples) flashes.
LOUD = 500


class MarkerGenerator(VideoGenerator):
    """One picture for each 40 ms of sound, flashing where it holds a tone; idle pictures when there is no sound."""

    def __init__(self, sample_rate_hz: int, base_path: str) -> None:
        self._rate_hz = sample_rate_hz
        self._frame_samples = sample_rate_hz // FPS
        self._arrived: asyncio.Queue[rtc.AudioFrame | AudioSegmentEnd] = asyncio.Queue()
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._picture = 0
        self._base = np.fromfile(base_path, dtype=np.uint8)

    async def push_audio(self, frame: rtc.AudioFrame | AudioSegmentEnd) -> None:
        await self._arrived.put(frame)

    def clear_buffer(self) -> None:
        while not self._arrived.empty():
            self._arrived.get_nowait()
        self._rest = np.zeros(0, np.int16)

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd]:
        while True:
            try:
                arrived = await asyncio.wait_for(self._arrived.get(), timeout=0.5 / FPS)
            except asyncio.TimeoutError:
                yield self._draw(lit=False)
                continue
            if isinstance(arrived, AudioSegmentEnd):
                yield arrived
                continue
            self._rest = np.concatenate([self._rest, np.frombuffer(arrived.data, dtype=np.int16)])
            while len(self._rest) >= self._frame_samples:
                sound = self._rest[: self._frame_samples]
                self._rest = self._rest[self._frame_samples :]
                yield self._draw(lit=bool(np.abs(sound.astype(np.int32)).mean() > LOUD))
                yield rtc.AudioFrame(sound.tobytes(), self._rate_hz, 1, len(sound))

    def _draw(self, lit: bool) -> rtc.VideoFrame:
        frame = self._base.copy()
        luma = frame[: WIDTH_PX * HEIGHT_PX].reshape(HEIGHT_PX, WIDTH_PX)
        top = (self._picture * 3) % 400
        luma[top : top + 20, 600:800] = 60 + (self._picture * 7) % 128
        luma[180:300, 348:500] = FRESH if lit else DARK
        self._picture += 1
        return rtc.VideoFrame(WIDTH_PX, HEIGHT_PX, rtc.VideoBufferType.I420, frame.tobytes())


def sound_of(step: dict[str, Any], rate_hz: int, tone_hz: int) -> NDArray[np.int16]:
    sound = np.zeros(step["durationMs"] * rate_hz // 1_000, np.int16)
    for pulse in step["pulses"]:
        start, end = (int(pulse[key] * rate_hz // 1_000) for key in ("startMs", "endMs"))
        times = np.arange(end - start) / rate_hz
        sound[start:end] = (TONE_PEAK * np.sin(2 * np.pi * tone_hz * times)).astype(np.int16)[: len(sound) - start]
    return sound


def tell(**event: Any) -> None:
    print(json.dumps(event), flush=True)


async def play(script: dict[str, Any], out: QueueAudioOutput, room_index: int) -> None:
    """It cannot pause: a pause of the script is left out, which spares it the hardest moments."""
    rate_hz = script["sampleRateHz"]
    started_s = time.monotonic()
    for step in script["steps"]:
        await asyncio.sleep(max(0.0, started_s + step["atMs"] / 1_000 - time.monotonic()))
        match step["op"]:
            case "push":
                sound = sound_of(step, rate_hz, script["toneHz"])
                await out.capture_frame(rtc.AudioFrame(sound.tobytes(), rate_hz, 1, len(sound)))
            case "end":
                out.flush()
            case "clear":
                out.clear_buffer()
                out.flush()
                tell(type="cleared", room=room_index, atMs=time.monotonic_ns() / 1e6)


async def enter(order: dict[str, Any], index: int) -> asyncio.Task[None]:
    script = order["script"]
    rate_hz = script["sampleRateHz"]
    room = rtc.Room()
    await room.connect(order["url"], order["tokens"][index], rtc.RoomOptions(auto_subscribe=False))
    out = QueueAudioOutput(sample_rate=rate_hz)
    runner = AvatarRunner(
        room,
        audio_recv=out,
        video_gen=MarkerGenerator(rate_hz, order["markerBasePath"]),
        options=AvatarOptions(WIDTH_PX, HEIGHT_PX, FPS, rate_hz, 1),
    )
    await runner.start()
    return asyncio.create_task(play(script, out, index))


async def main() -> None:
    loop = asyncio.get_running_loop()
    order = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    players = [await enter(order, index) for index in range(len(order["tokens"]))]
    tell(type="ready")
    await loop.run_in_executor(None, sys.stdin.read)
    for player in players:
        player.cancel()
    sys.exit(0)


asyncio.run(main())
