"""The same program as node-agent.ts with Python's livekit-agents, as it comes from PyPI."""

import asyncio
import json
import sys

from livekit import rtc
from livekit.agents.voice.avatar import DataStreamAudioOutput
from livekit.agents.voice.io import PlaybackFinishedEvent


def tell(**event: object) -> None:
    print(json.dumps(event), flush=True)


class Saying:
    """What is being said is cut short by `clear`, as a session does it."""

    cut = False


async def say(
    output: DataStreamAudioOutput, saying: Saying, path: str, rate_hz: int, channels: int
) -> None:
    with open(path, "rb") as file:
        sound = file.read()
    frame_bytes = rate_hz // 50 * channels * 2
    for at in range(0, len(sound), frame_bytes):
        if saying.cut:
            break
        part = sound[at : at + frame_bytes]
        await output.capture_frame(
            rtc.AudioFrame(part, rate_hz, channels, len(part) // (2 * channels))
        )
    output.flush()
    tell(event="sent")


async def main(url: str, token: str, avatar: str) -> None:
    room = rtc.Room()
    await room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))
    output = DataStreamAudioOutput(
        room,
        destination_identity=avatar,
        wait_remote_track=rtc.TrackKind.KIND_VIDEO,
        wait_playback_start=True,
    )

    def on_finished(how: PlaybackFinishedEvent) -> None:
        tell(event="finished", positionS=how.playback_position, interrupted=how.interrupted)

    output.on("playback_started", lambda _: tell(event="started"))
    output.on("playback_finished", on_finished)
    tell(event="ready")

    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    saying = Saying()
    tasks: set[asyncio.Task[None]] = set()
    while line := await lines.readline():
        command = json.loads(line)
        if command["do"] == "say":
            saying = Saying()
            rate_hz, channels = command["sampleRateHz"], command["channels"]
            task = asyncio.create_task(say(output, saying, command["path"], rate_hz, channels))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        else:
            saying.cut = True
            output.clear_buffer()
    await room.disconnect()


asyncio.run(main(*sys.argv[1:4]))
