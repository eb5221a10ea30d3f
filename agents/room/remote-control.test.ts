import { expect, it, vi } from 'vitest';
import { refuseRemoteControl, REMOTE_CONTROL_TOPIC } from './remote-control.ts';

it('takes no handler for remote control, and every other one', () => {
  const register = vi.fn();
  const room = { registerByteStreamHandler: register };
  refuseRemoteControl(room);
  const handler = (): void => undefined;
  room.registerByteStreamHandler(REMOTE_CONTROL_TOPIC, handler);
  room.registerByteStreamHandler('lk.audio_stream', handler);
  expect(register.mock.calls).toEqual([['lk.audio_stream', handler]]);
});
