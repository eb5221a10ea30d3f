// Health check of a container: node launch/healthy.mjs URL. Ends well when the address answers with a status below 400.
// Plain JavaScript without dependencies: it runs every few seconds.
const ANSWER_WITHIN_MS = 4_000;
const [url] = process.argv.slice(2);
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  await answer.body?.cancel();
  if (!answer.ok) {
    throw new Error(`status ${answer.status}`);
  }
} catch (error) {
  console.error(`${url}: ${error.message}`);
  process.exitCode = 1;
}
