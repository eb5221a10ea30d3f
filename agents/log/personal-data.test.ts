import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { withholdPersonalData } from './personal-data.ts';

const MARKER = 'xylophone';
const MODULE = fileURLToPath(new URL('./personal-data.ts', import.meta.url));

function logged(write: (logger: pino.Logger) => void): string {
  let lines = '';
  const logger = pino(
    { level: 'debug', serializers: { error: pino.stdSerializers.err } },
    {
      write: (line: string) => (lines += line),
    },
  );
  withholdPersonalData(logger);
  write(logger);
  return lines;
}

describe('the log of agents', () => {
  it('withholds what the framework marks as personal, and writes the rest', () => {
    const line = logged((logger) => {
      logger.debug(
        { 'lk.pii.user_transcript': MARKER, language: 'en' },
        'received user transcript',
      );
    });
    expect(line).not.toContain(MARKER);
    expect(JSON.parse(line)).toMatchObject({ language: 'en', msg: 'received user transcript' });
  });

  it('withholds it in children too', () => {
    const line = logged((logger) => {
      logger
        .child({ area: 'ear' })
        .child({ turn: 1 })
        .info({ 'lk.pii.transcript': MARKER }, 'done');
    });
    expect(line).not.toContain(MARKER);
    expect(JSON.parse(line)).toMatchObject({ area: 'ear', turn: 1, msg: 'done' });
  });

  it('tells of an error what it is, and no more of one that quotes', () => {
    class APIStatusError extends Error {
      readonly status = 400;
      readonly body = { prompt: MARKER };
    }
    const parse = (): unknown => JSON.parse(`{"text": "${MARKER}`.slice(0, -1));
    const line = logged((logger) => {
      logger.error({ error: new APIStatusError(`cannot answer ${MARKER}`) }, 'a server');
      logger.error({ error: { type: 'llm_error', error: new APIStatusError(MARKER) } }, 'an event');
      logger.error({ err: new Error('outer', { cause: new APIStatusError(MARKER) }) }, 'a cause');
      try {
        parse();
      } catch (error) {
        logger.error(error as Error, 'a parser');
      }
      logger.error(
        { error: Object.assign(new Error('no voice'), { code: 'VOICE_UNKNOWN' }) },
        'ours',
      );
    });
    expect(line).not.toContain(MARKER);
    expect(line).toContain('APIStatusError');
    expect(line).toContain('"code":"VOICE_UNKNOWN"');
    expect(line).toContain('no voice');
  });

  it('is so in the framework’s own logger, which would write it', () => {
    const program = (clean: boolean): string => `
      import { initializeLogger, log } from '@livekit/agents';
      import { withholdPersonalData } from ${JSON.stringify(MODULE)};
      initializeLogger({ pretty: false, level: 'debug' });
      ${clean ? 'withholdPersonalData(log());' : ''}
      log().child({ area: 'x' }).debug({ 'lk.pii.user_transcript': '${MARKER}' }, 'heard');
    `;
    const run = (clean: boolean): string =>
      spawnSync(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', program(clean)],
        {
          encoding: 'utf8',
          cwd: fileURLToPath(new URL('../..', import.meta.url)),
        },
      ).stdout;
    expect(run(false)).toContain(MARKER);
    const output = run(true);
    expect(output).toContain('heard');
    expect(output).not.toContain(MARKER);
  }, 60_000);
});
