import { RecordingError } from '#agents/dispatch/recording/errors.ts';
import { LIVE_FILES, recordingFolder } from '#agents/dispatch/recording/layout.ts';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveFile } from './live-file.ts';
import { openTestRecorder, takesAll, TEST_SESSION } from './testing/recorded-call.ts';

let root: string;
beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'understudy-recorder-')), 'recordings');
});
afterEach(async () => {
  await rm(join(root, '..'), { recursive: true, force: true });
});

describe('A recorder', () => {
  it('does not write over another recording of the session', async () => {
    const first = await openTestRecorder({ root });
    await expect(openTestRecorder({ root })).rejects.toMatchObject({
      code: 'RECORDING_UNWRITABLE',
    });
    await first.close();
  });

  it('says so when its folder cannot be made', async () => {
    // A file stands in the way: root may write everywhere else.
    await expect(openTestRecorder({ root: '/dev/null/recordings' })).rejects.toMatchObject({
      code: 'RECORDING_UNWRITABLE',
    });
  });

  it('takes no path for a session', async () => {
    await expect(
      openTestRecorder({
        root,
        header: {
          sessionId: '../../../tmp/x',
          startedAt: '2026-01-01T10:00:00.000Z',
          face: 'ada',
          personaName: 'Ada',
          language: 'en',
          framesPerSecond: 25,
          avatarRateHz: 16_000,
          learnerRateHz: 16_000,
        },
      }),
    ).rejects.toThrow(RangeError);
  });

  it('ends quietly when its recording was deleted during the call', async () => {
    const recorder = await openTestRecorder({ root });
    recorder.begin();
    await rm(recordingFolder(root, TEST_SESSION), { recursive: true });
    await recorder.watchSink(takesAll(0)).writeAudio(new Int16Array(240));
    await expect(recorder.close()).resolves.toBeUndefined();
  });
});

describe('A live file on a full disk', () => {
  it('stops, says so once, and lets the call go on', async () => {
    await mkdir(root, { recursive: true });
    const failures: RecordingError[] = [];
    const full = await LiveFile.open({
      folder: root,
      name: LIVE_FILES.turns,
      sessionId: TEST_SESSION,
      key: undefined,
      onFailed: (error) => failures.push(error),
      // The device that is always full.
      openFile: () => open('/dev/full', 'w'),
    });
    full.append(new Uint8Array(10));
    full.append(new Uint8Array(10));
    await full.close();
    expect(failures.map(({ code }) => code)).toEqual(['RECORDING_UNWRITABLE']);
    expect((failures[0]?.cause as NodeJS.ErrnoException).code).toBe('ENOSPC');
  });

  it('stops when more waits than memory should hold', async () => {
    await mkdir(root, { recursive: true });
    const failures: RecordingError[] = [];
    const file = await LiveFile.open({
      folder: root,
      name: LIVE_FILES.poses,
      sessionId: TEST_SESSION,
      key: undefined,
      onFailed: (error) => failures.push(error),
    });
    for (let count = 0; count < 6; count += 1) {
      file.append(new Uint8Array(1024 * 1024));
    }
    await file.close();
    expect(failures.map(({ code }) => code)).toEqual(['RECORDING_DISK_SLOW']);
  });
});
