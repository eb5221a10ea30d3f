import { describe, expect, it } from 'vitest';
import {
  ABSENT_AFTER_MS,
  LEFT_AFTER_MS,
  RETURNING_AFTER_MS,
  deriveNotice,
  deriveStage,
  networkWord,
  readAims,
  refreshDelayMs,
  type NoticeInput,
  type StageInput,
} from './call-state.ts';

const open: StageInput = {
  phase: 'open',
  reconnecting: false,
  agentPresent: true,
  agentState: 'listening',
  pictureReady: true,
};

describe('deriveStage', () => {
  it('follows the agent once it is seen', () => {
    expect(deriveStage(open)).toBe('listening');
    expect(deriveStage({ ...open, agentState: 'thinking' })).toBe('thinking');
    expect(deriveStage({ ...open, agentState: 'speaking' })).toBe('speaking');
    expect(deriveStage({ ...open, agentState: 'idle' })).toBe('listening');
    expect(deriveStage({ ...open, agentState: undefined })).toBe('listening');
  });

  it('prepares until there is an agent, a state and a picture', () => {
    expect(deriveStage({ ...open, agentPresent: false })).toBe('preparing');
    expect(deriveStage({ ...open, agentState: 'initializing' })).toBe('preparing');
    expect(deriveStage({ ...open, pictureReady: false, agentState: 'speaking' })).toBe('preparing');
  });

  it('puts the connection above the agent', () => {
    expect(deriveStage({ ...open, phase: 'connecting' })).toBe('connecting');
    expect(deriveStage({ ...open, reconnecting: true, agentState: 'speaking' })).toBe(
      'reconnecting',
    );
    expect(deriveStage({ ...open, phase: 'lost' })).toBe('reconnecting');
    expect(deriveStage({ ...open, phase: 'closed' })).toBe('ended');
    expect(deriveStage({ ...open, phase: 'expired' })).toBe('ended');
  });
});

const calm: NoticeInput = {
  stage: 'listening',
  phase: 'open',
  ending: false,
  closing: false,
  audioBlocked: false,
  microphone: 'on',
  agentPresent: true,
  agentWasPresent: true,
  agentReported: false,
  withoutAgentMs: 0,
};

describe('deriveNotice', () => {
  it('says nothing while all is well', () => {
    expect(deriveNotice(calm)).toBeNull();
  });

  it('waits before it calls an agent absent, and less before it calls one gone', () => {
    const alone: NoticeInput = {
      ...calm,
      stage: 'preparing',
      agentPresent: false,
      agentWasPresent: false,
    };
    expect(deriveNotice({ ...alone, withoutAgentMs: ABSENT_AFTER_MS - 1 })).toBeNull();
    expect(deriveNotice({ ...alone, withoutAgentMs: ABSENT_AFTER_MS })).toBe('absent');
    const after = (withoutAgentMs: number, agentReported = false) =>
      deriveNotice({ ...alone, agentWasPresent: true, withoutAgentMs, agentReported });
    expect(after(RETURNING_AFTER_MS - 1)).toBeNull();
    expect(after(RETURNING_AFTER_MS)).toBe('returning');
    expect(after(LEFT_AFTER_MS - 1)).toBe('returning');
    expect(after(LEFT_AFTER_MS)).toBe('left');
    expect(after(0, true)).toBe('left');
    expect(deriveNotice({ ...alone, agentReported: true })).toBe('absent');
  });

  it('shows the most pressing of several', () => {
    const much: NoticeInput = { ...calm, audioBlocked: true, microphone: 'lost' };
    expect(deriveNotice(much)).toBe('audio-blocked');
    expect(deriveNotice({ ...much, stage: 'reconnecting' })).toBe('reconnecting');
    expect(deriveNotice({ ...much, stage: 'reconnecting', phase: 'lost' })).toBe('lost');
    expect(deriveNotice({ ...much, ending: true })).toBe('ending');
    expect(deriveNotice({ ...much, stage: 'ended' })).toBeNull();
  });
});

it('words the network', () => {
  expect(networkWord('excellent', 'speaking')).toBe('good');
  expect(networkWord('unknown', 'listening')).toBe('good');
  expect(networkWord('poor', 'listening')).toBe('weak');
  expect(networkWord('excellent', 'reconnecting')).toBe('offline');
  expect(networkWord('unknown', 'connecting')).toBe('connecting');
});

it('reads aims and survives nonsense', () => {
  expect(readAims('["early","next"]')).toEqual(['early', 'next']);
  expect(readAims('[1,"next"]')).toEqual(['next']);
  expect(readAims('{"early":true}')).toEqual([]);
  expect(readAims('[')).toEqual([]);
  expect(readAims(undefined)).toEqual([]);
});

it('refreshes a token before it ends, never in a tight loop', () => {
  expect(refreshDelayMs(600_000, 0)).toBe(540_000);
  expect(refreshDelayMs(100_000, 0)).toBe(50_000);
  expect(refreshDelayMs(0, 10_000)).toBe(5_000);
});
