/** The one runtime that `npm start` runs dies under a call: it goes on, hears worse meanwhile, and well again afterwards. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Call } from './call.ts';
import { HeadlessLearner } from './headless-learner.ts';
import { OwnSystem } from './own-system.ts';
import { synthesise } from './speech.ts';

const SENTENCE = 'I have worked as a nurse for six years.';
const TYPED = 'I like helping people.';

let system: OwnSystem;
let call: Call;
let learner: HeadlessLearner;

beforeAll(async () => {
  system = await OwnSystem.start({ UNDERSTUDY_RECOGNITION: 'auto' });
});

afterAll(async () => {
  await system.stop();
});

afterEach(async () => {
  await learner.close();
  await call.end();
});

const spoken = (): number =>
  learner.captions.filter(({ speaker, final }) => speaker === 'avatar' && final).length;

it('is answered by voice and by text while it is gone, and understood when it is back', async ({
  skip,
}) => {
  call = await Call.start(system.pageUrl, 'first-interview');
  learner = await HeadlessLearner.join(call.session);
  skip(
    system.running.environment.UNDERSTUDY_RECOGNITION !== 'whisper',
    'Whisper cannot be installed here',
  );
  await learner.untilGreeted();
  const agent = learner.agent!.identity;
  const [sound] = await synthesise(SENTENCE);

  const before = system.pidOf('runtime');
  const starting = Promise.all([
    learner.speak(sound!),
    // Killed while the learner speaks: what they say is heard all the same.
    new Promise<void>((resolve) => {
      learner.once('caption', () => {
        system.kill('runtime');
        resolve();
      });
    }),
  ]);
  await starting;
  await learner.untilSpoken(1);
  await learner.type(TYPED);
  await learner.untilSpoken(2);
  await system.untilBack('runtime', before);
  const { RUNTIME_HTTP_PORT } = system.running.environment;
  const ready = `http://127.0.0.1:${String(RUNTIME_HTTP_PORT)}/v2/models/whisper/ready`;
  await expect
    .poll(async () => (await fetch(ready).catch(() => undefined))?.status, { timeout: 60_000 })
    .toBe(200);

  const turns = spoken();
  await learner.speak(sound!);
  await learner.untilSpoken(turns);
  expect(learner.agent?.identity).toBe(agent);
  const report = await call.endAndReport();
  const said = report.transcript.filter(({ speaker }) => speaker === 'learner');
  expect(said).toHaveLength(3);
  expect(said[1]?.text).toBe(TYPED);
  expect(said[2]?.text.toLowerCase()).toContain('nurse');
  console.log(said.map(({ text }) => text).join(' | '));
});
