/**
 * Redis and LiveKit killed and started again under live sessions. Lost is a session whose learner is not answered within a
 * minute after that, or whose report lacks what they said before or after it. Learners take sound alone, since eight
 * decoders would fill this machine.
 */
import { startRedis, whyNoRedis } from '#media/testing/redis-server.ts';
import { Call } from '../../tests/call.ts';
import { eventually } from '../../tests/eventually.ts';
import { HeadlessLearner } from '../../tests/headless-learner.ts';
import { OwnSystem } from '../../tests/own-system.ts';
import type { SectionOptions, SectionResult } from './report.ts';

const SESSIONS = 8;
const QUICK_SESSIONS = 2;
const ANSWERED_WITHIN_MS = 60_000;

const BEFORE = 'I have worked as a nurse for six years.';
const AFTER = { redis: 'I trained new colleagues.', livekit: 'We made the night shifts safer.' };

interface Live {
  call: Call;
  learner: HeadlessLearner;
  lostAt: string[];
}

export async function measureRestarts({ quick, say }: SectionOptions): Promise<SectionResult> {
  const wanted = quick ? QUICK_SESSIONS : SESSIONS;
  const missing = whyNoRedis();
  if (missing !== undefined) {
    throw new Error(missing);
  }
  let redis = await startRedis();
  const system = await OwnSystem.start({
    REDIS_URL: redis.url,
    UNDERSTUDY_MAX_SESSIONS: String(wanted),
  });
  const live: Live[] = [];
  try {
    for (let at = 0; at < wanted; at += 1) {
      await system.untilWarm(system.pidOf('worker'));
      const call = await Call.start(system.pageUrl, 'first-interview');
      const learner = await HeadlessLearner.join(call.session, { soundAlone: true });
      live.push({ call, learner, lostAt: [] });
      await learner.untilGreeted();
      await asks(live[at]!, BEFORE);
      say(`${String(at + 1)} of ${String(wanted)} sessions are live`);
    }
    const { port } = redis;
    await redis.close();
    redis = await startRedis(port);
    await Promise.all(live.map((one) => answers(one, 'redis')));
    say('Redis was restarted, empty');
    const before = system.pidOf('livekit');
    const killedAtMs = system.kill('livekit');
    await system.untilBack('livekit', before);
    const backMs = await Promise.all(
      live.map(async ({ learner }) => {
        await eventually(() => learner.agent !== undefined, { what: 'the agent' }).catch(() => {
          // It counts as lost when it does not answer.
        });
        return Math.round(performance.now() - killedAtMs);
      }),
    );
    await Promise.all(live.map((one) => answers(one, 'livekit')));
    say('LiveKit was restarted');
    await Promise.all(live.map(reports));
    const lost = live.filter(({ lostAt }) => lostAt.length > 0);
    return {
      figures: { restartsSessionsLost: lost.length },
      rows: [
        {
          figure: `sessions lost when Redis and LiveKit restart`,
          reach: '0',
          measured: String(lost.length),
          n: String(wanted),
        },
      ],
      detail: { sessions: wanted, lostAt: lost.map(({ lostAt }) => lostAt), agentBackMs: backMs },
    };
  } finally {
    await Promise.allSettled(live.map(({ learner }) => learner.close()));
    await Promise.allSettled(live.map(({ call }) => call.end()));
    await system.stop();
    await redis.close();
  }
}

async function asks({ learner }: Live, text: string): Promise<void> {
  const turns = learner.captions.filter(
    ({ speaker, final }) => speaker === 'avatar' && final,
  ).length;
  await eventually(
    async () => {
      // A room that has only just come back may not take it yet.
      try {
        await learner.type(text);
        return true;
      } catch {
        return false;
      }
    },
    { what: 'a room that takes text', withinMs: ANSWERED_WITHIN_MS },
  );
  await learner.untilSpoken(turns);
}

async function answers(one: Live, restarted: keyof typeof AFTER): Promise<void> {
  try {
    await asks(one, AFTER[restarted]);
  } catch {
    one.lostAt.push(restarted);
  }
}

async function reports(one: Live): Promise<void> {
  try {
    const { transcript } = await one.call.endAndReport();
    const said = transcript.map(({ text }) => text);
    if (![BEFORE, ...Object.values(AFTER)].every((text) => said.includes(text))) {
      one.lostAt.push('report');
    }
  } catch {
    one.lostAt.push('report');
  }
}
