/** Recordings. */
import { z } from 'zod';
import { moment } from './common.ts';

export const recordingFile = z
  .object({
    name: z.string(),
    bytes: z.number().int(),
    type: z.string(),
    url: z.string().describe('Opens it for an hour, in a video element too'),
  })
  .meta({ id: 'RecordingFile' });

const shape = {
  status: z
    .enum(['recording', 'composing', 'ready', 'failed'])
    .describe(
      '`recording`: during the call; `composing`: files are being made; `failed`: those listed are there all the same',
    ),
  progress: z.number().min(0).max(1).describe('Of composing'),
  startedAt: moment,
  deletedAt: moment.describe('When it is deleted'),
  lengthMs: z.number().nullable(),
  cut: z.boolean().describe('The call was cut off: its recording ends within a second of that'),
  encrypted: z.boolean(),
  code: z.string().optional().describe('Of a failure: see docs/errors.md'),
  files: z.array(recordingFile),
};

export const recordingStatus = z.object(shape).meta({ id: 'Recording' });
export const recordingList = z
  .object({ recordings: z.array(z.object({ ...shape, sessionId: z.string() })) })
  .meta({ id: 'RecordingList' });

export const recordingFileParameters = z.object({
  id: z.string().min(1).max(64),
  file: z.string().min(1).max(100),
});
export const recordingFileQuery = z.object({
  ticket: z.string().max(200).optional().describe('In place of a token'),
});
