/** Entry of the peer's worker: registers under a name of its own and takes as many jobs as it is given. */
import { AgentServer, ServerOptions, initializeLogger } from '@livekit/agents';
import { readEnvironment } from '#config/environment.ts';
import { fileURLToPath } from 'node:url';
import { PEER_AGENT_NAME } from './metadata.ts';

const environment = readEnvironment();
initializeLogger({ pretty: false, level: environment.LOG_LEVEL });

const server = new AgentServer(
  new ServerOptions({
    agent: fileURLToPath(new URL('./job.ts', import.meta.url)),
    agentName: PEER_AGENT_NAME,
    wsURL: environment.LIVEKIT_URL ?? '',
    apiKey: environment.LIVEKIT_API_KEY ?? '',
    apiSecret: environment.LIVEKIT_API_SECRET ?? '',
    host: '127.0.0.1',
    port: environment.WORKER_PORT,
    logLevel: environment.LOG_LEVEL,
    production: true,
    numIdleProcesses: 1,
    initializeProcessTimeout: 60_000,
    // The bench decides how much runs at once.
    loadFunc: () => Promise.resolve(0),
    loadThreshold: 1,
    jobMemoryLimitMB: 0,
  }),
);

async function stop(): Promise<void> {
  await server.close();
  process.exit(0);
}
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

await server.run();
