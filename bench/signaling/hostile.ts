/** Hostile requests through NGINX at the real system: how many are faults, and how many let somebody in. */
import { attack, type Attack } from './hostile/attack.ts';
import { prepareVictims } from './hostile/victims.ts';
import type { SectionOptions, SectionResult } from './report.ts';
import { Stack } from './stack.ts';

const REQUESTS = { full: 24_000, quick: 6_000 } as const;
/** In a quick run: every third of what is not drawn by chance. */
const QUICK_EVERY = 3;

export async function measureHostile(options: SectionOptions): Promise<SectionResult> {
  const { quick, seed, say } = options;
  const stack = await Stack.start(options);
  try {
    const owner = await stack.token({ roomList: true });
    const service = await stack.token({ roomAdmin: true });
    const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
      const answer = await fetch(`${stack.direct}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${owner}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) {
        throw new Error(`${method} ${path}: ${String(answer.status)} ${await answer.text()}`);
      }
      return answer.status === 204 ? undefined : answer.json();
    };
    const victims = await prepareVictims(ask, stack.keys);
    const found = await attack({
      ...{ ...victims, seed, say, owner, service },
      address: stack.door.url,
      requests: quick ? REQUESTS.quick : REQUESTS.full,
      every: quick ? QUICK_EVERY : 1,
    });
    for (const { verdict, what, operation, status, line } of found.findings) {
      say(`${verdict}: ${operation}, ${what}: ${String(status)}\n${line}`);
    }
    if (!stack.signaling.isRunning) {
      throw new Error('signaling has ended under the requests');
    }
    return section(found, stack.kinds);
  } finally {
    await stack.close();
  }
}

function section(found: Attack, kinds: Stack['kinds']): SectionResult {
  const { requests, serverErrors, wronglyAdmitted, reflected, unanswered, onPurpose } = found;
  return {
    figures: { hostile: { requests, serverErrors, wronglyAdmitted } },
    rows: [
      {
        figure: 'hostile requests: 5xx, wrongly admitted',
        reach: '0, 0',
        measured: `${String(serverErrors)}, ${String(wronglyAdmitted)}`,
        n: String(requests),
      },
      {
        figure: '  sent back as headers; without an answer; 5xx on purpose',
        reach: '0; 0; report',
        measured: `${String(reflected)}; ${String(unanswered)}; ${JSON.stringify(onPurpose)}`,
        n: `seed ${String(found.seed)}`,
      },
    ],
    detail: { ...found, ...kinds },
  };
}
