/**
 * An agent of @livekit/agents, cut down to its audio output: it does with `DataStreamAudioOutput` what it reads, one JSON
 * command a line, and writes what comes back, one JSON event a line. `python_agent.py` is the same program.
 */
import { initializeLogger, voice } from '@livekit/agents';
import { AudioFrame, Room, TrackKind } from '@livekit/rtc-node';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { AgentCommand } from './remote-agent.ts';

const [url = '', token = '', avatar = ''] = process.argv.slice(2);
initializeLogger({ pretty: false, level: 'silent' });

const room = new Room();
await room.connect(url, token, { autoSubscribe: false, dynacast: false });
const output = new voice.DataStreamAudioOutput({
  room,
  destinationIdentity: avatar,
  waitRemoteTrack: TrackKind.KIND_VIDEO,
  waitPlaybackStart: true,
});
const tell = (event: object): void => {
  process.stdout.write(`${JSON.stringify(event)}\n`);
};
output.on(voice.AudioOutput.EVENT_PLAYBACK_STARTED, () => {
  tell({ event: 'started' });
});
output.on(voice.AudioOutput.EVENT_PLAYBACK_FINISHED, (how: voice.PlaybackFinishedEvent) => {
  tell({ event: 'finished', positionS: how.playbackPosition, interrupted: how.interrupted });
});
tell({ event: 'ready' });

/** What is being said is cut short by `clear`, as a session does it. */
let saying = { cut: false };

async function say(command: Extract<AgentCommand, { do: 'say' }>): Promise<void> {
  const mine = { cut: false };
  saying = mine;
  const bytes = await readFile(command.path);
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const { sampleRateHz, channels } = command;
  const frame = Math.round(sampleRateHz / 50) * channels;
  for (let at = 0; at < samples.length && !mine.cut; at += frame) {
    const part = samples.slice(at, at + frame);
    await output.captureFrame(new AudioFrame(part, sampleRateHz, channels, part.length / channels));
  }
  output.flush();
  tell({ event: 'sent' });
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line) as AgentCommand;
  if (command.do === 'say') {
    void say(command);
  } else {
    saying.cut = true;
    output.clearBuffer();
  }
}
await room.disconnect();
process.exit(0);
