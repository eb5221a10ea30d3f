/** Writes sessions into the embedded database named on the command line, and each id that is committed to stdout. */
import { openDatabase } from '../database.ts';
import { testKeyRing } from '../../privacy/testing-key-ring.ts';
import { SessionRecords } from '../session-records.ts';

const { queries } = await openDatabase({ folder: process.argv[2] ?? '' });
const records = new SessionRecords(queries, testKeyRing());
for (let index = 0; ; index += 1) {
  const id = `session${String(index)}`;
  await records.add({
    id,
    scenarioId: 'first-interview',
    scenarioVersion: 1,
    learnerId: null,
    learnerIdentity: 'learner-1',
    learnerName: 'Wren',
    avatar: null,
    recording: false,
    createdBy: 'test',
    createdAt: new Date(),
    endedAt: null,
    endReason: null,
    region: null,
  });
  // In one piece and at once: what the parent has read is what was committed.
  await new Promise<void>((resolve) => process.stdout.write(`${id}\n`, () => resolve()));
}
