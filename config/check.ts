/** `npm run config:check`: says whether the environment and every scenario can be used. */
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import { readEnvironment } from './environment.ts';

try {
  const environment = readEnvironment();
  const scenarios = await loadScenarios(environment.UNDERSTUDY_SCENARIOS);
  console.log(`Environment: good. Scenarios: ${String(scenarios.length)}, all good.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
