/** Entry of the agent worker: registers with LiveKit, takes jobs, reports its load, drains on SIGTERM. */
import { AgentServer, ServerOptions, initializeLogger } from '@livekit/agents';
import { AGENT_NAME } from '#agents/dispatch/metadata.ts';
import { readEnvironment } from '#config/environment.ts';
import { fileURLToPath } from 'node:url';

const environment = readEnvironment();
const level = environment.LOG_LEVEL;
initializeLogger({ pretty: false, level });

/** Calls finish within this after SIGTERM; the rest are ended. */
const DRAIN_MS = 3_000;
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
    drainTimeout: DRAIN_MS,
    // LiveKit drops a dispatch silently once a worker's CPU load passes the threshold. Our load is what we mean
    // by it: calls against the calls that this worker was sized for.
    loadFunc: (worker) =>
      Promise.resolve(worker.activeJobs.length / environment.UNDERSTUDY_MAX_SESSIONS),
    loadThreshold: 1,
    jobMemoryWarnMB: 1_000,
    jobMemoryLimitMB: 0,
  }),
);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) {
    return;
  }
  stopping = true;
  try {
    await server.drain(DRAIN_MS);
  } catch {
    // Calls that did not end in time are ended by close().
  }
  await server.close();
  process.exit(0);
}
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

await server.run();
