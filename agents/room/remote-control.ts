/**
 * The framework lets the linked participant operate the agent through byte streams on `lk.agent.session`: read its
 * instructions and history, put words into its mouth, switch its sound off. That is for consoles; ours is linked to a
 * learner, who may speak, type and listen.
 */
import type { Room } from '@livekit/rtc-node';

export const REMOTE_CONTROL_TOPIC = 'lk.agent.session';

/** Before the session starts: the framework's handler for the topic is not taken, and what comes there goes nowhere. */
export function refuseRemoteControl(room: Pick<Room, 'registerByteStreamHandler'>): void {
  const register = room.registerByteStreamHandler.bind(room);
  room.registerByteStreamHandler = (topic, handler) => {
    if (topic !== REMOTE_CONTROL_TOPIC) {
      register(topic, handler);
    }
  };
}
