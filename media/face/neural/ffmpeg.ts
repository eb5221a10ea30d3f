/** ffmpeg as a child process: videos and pictures to raw bytes and back. */
import { spawn } from 'node:child_process';
import { MediaError } from '#media/errors.ts';

const KEPT_COMPLAINT_CHARACTERS = 400;

/**
 * Runs ffmpeg with `args`, feeds it `input` and gives what it writes to standard output. Rejects with FACE_PACK_INVALID
 * where it fails or is not installed.
 */
export function ffmpeg(args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let complaint = '';
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(-KEPT_COMPLAINT_CHARACTERS);
    });
    const fail = (detail: string, cause?: unknown): void => {
      reject(
        new MediaError('FACE_PACK_INVALID', { detail, ...(cause === undefined ? {} : { cause }) }),
      );
    };
    child.once('error', (cause) => {
      fail('ffmpeg is needed to read its video and cannot be started.', cause);
    });
    child.once('close', (code) => {
      if (code === 0) {
        resolve(Buffer.concat(chunks));
      } else {
        fail(`ffmpeg cannot read it: ${complaint.replace(/\s+/gu, ' ').trim()}`);
      }
    });
    // A process that dies while it is written to reports so through `close`.
    child.stdin?.on('error', () => undefined).end(input);
  });
}
