/** The connection of a job to its room: broken, back, or over, and whether somebody wanted it to be over. */
import { DisconnectReason, RoomEvent, type Room } from '@livekit/rtc-node';

export interface RoomConnectionEvents {
  /** The SDK has lost the server and tries to come back. */
  onBroken: () => void;
  /** It is back; participants and tracks may be new ones under the same names. */
  onBack: () => void;
  /** It does not come back. `wasEnded`: somebody ended the room; false: the server went, or threw this agent out. */
  onOver: (wasEnded: boolean) => void;
}

const ENDS: readonly DisconnectReason[] = [
  DisconnectReason.CLIENT_INITIATED,
  DisconnectReason.ROOM_DELETED,
  DisconnectReason.ROOM_CLOSED,
];

export function watchConnection(room: Room, events: RoomConnectionEvents): void {
  room.on(RoomEvent.Reconnecting, () => {
    events.onBroken();
  });
  room.on(RoomEvent.Reconnected, () => {
    events.onBack();
  });
  room.on(RoomEvent.Disconnected, (reason) => {
    events.onOver(ENDS.includes(reason));
  });
}
