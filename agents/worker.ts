/** Entry of the agent worker: registers with LiveKit, takes jobs, reports its load, drains on SIGTERM and SIGINT. */
import { AgentServer, ServerOptions, initializeLogger, log } from '@livekit/agents';
import { AGENT_NAME } from '#agents/dispatch/metadata.ts';
import { readEnvironment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import { fileURLToPath } from 'node:url';
import { withholdPersonalData } from './log/personal-data.ts';
import { WorkerDrain } from './worker-drain.ts';

const environment = readEnvironment();
const level = environment.LOG_LEVEL;
initializeLogger({ pretty: false, level });
withholdPersonalData(log());

/** An hour: the longest scenario takes that at most. */
const DRAIN_MS = 3_600_000;
/** A cold start loads the voice, the faces and the recogniser; on a busy machine that takes a while. */
const INITIALIZE_WITHIN_MS = 60_000;
/** The report is written and delivered while a job ends. */
const JOB_SHUTDOWN_MS = 15_000;

const server = new AgentServer(
  new ServerOptions({
    agent: fileURLToPath(new URL('./job.ts', import.meta.url)),
    agentName: AGENT_NAME,
    wsURL: environment.LIVEKIT_URL ?? '',
    apiKey: environment.LIVEKIT_API_KEY ?? '',
    apiSecret: environment.LIVEKIT_API_SECRET ?? '',
    host: environment.WORKER_HOST,
    port: environment.WORKER_PORT,
    logLevel: level,
    production: true,
    numIdleProcesses: environment.UNDERSTUDY_WARM_JOBS,
    initializeProcessTimeout: INITIALIZE_WITHIN_MS,
    shutdownProcessTimeout: JOB_SHUTDOWN_MS,
    // A LiveKit that is away for long comes back all the same, and calls on this worker may outlive its absence.
    maxRetry: Number.MAX_SAFE_INTEGER,
    // LiveKit drops a dispatch silently once a worker's CPU load passes the threshold. Our load is what we mean
    // by it: calls against the calls that this worker was sized for.
    loadFunc: (worker) =>
      Promise.resolve(worker.activeJobs.length / environment.UNDERSTUDY_MAX_SESSIONS),
    loadThreshold: 1,
    jobMemoryWarnMB: 1_000,
    jobMemoryLimitMB: 0,
  }),
);

const drain = new WorkerDrain({
  worker: {
    drain: (withinMs) => server.drain(withinMs),
    close: () => server.close(),
    get calls() {
      return server.activeJobs.map(({ job }) => job.metadata);
    },
  },
  clock: systemClock,
  drainMs: environment.UNDERSTUDY_DRAIN_MS ?? DRAIN_MS,
  apiKey: environment.LIVEKIT_API_KEY ?? '',
  apiSecret: environment.LIVEKIT_API_SECRET ?? '',
  onTrouble: (error) => {
    log().warn({ error }, 'a call could not be handed over, and ends');
  },
});
const stop = (): void => {
  void drain.stop().finally(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

await server.run();
