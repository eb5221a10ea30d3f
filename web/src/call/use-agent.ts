/** The agent in the room: its attributes, its picture, and since when it is missing. */
import { useRemoteParticipants, useRoomInfo } from '@livekit/components-react';
import {
  ParticipantKind,
  RoomEvent,
  Track,
  type RemoteParticipant,
  type RemoteTrack,
  type Room,
} from 'livekit-client';
import { useEffect, useRef, useState } from 'react';
import type { AGENT_ATTRIBUTES } from '#agents/dispatch/metadata.ts';

/** The same names as the contract; its type makes sure of it. */
const ATTRIBUTES: typeof AGENT_ATTRIBUTES = {
  aims: 'understudy.aims',
  recognition: 'understudy.recognition',
  input: 'understudy.input',
  phase: 'understudy.phase',
  quality: 'understudy.quality',
  recording: 'understudy.recording',
};

const UPDATE_ON = [
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.ParticipantActive,
];

export interface Agent {
  present: boolean;
  wasPresent: boolean;
  /** Milliseconds since the epoch when it was last seen to be missing; null while it is here. */
  missingSinceMs: number | null;
  /** `lk.agent.state`. */
  state: string | undefined;
  aims: string | undefined;
  recognition: string | undefined;
  /** 'on' or 'off' where a recording was agreed to. */
  recording: string | undefined;
  closing: boolean;
  /** The system says that it has found no agent for the room (signaling/failover). */
  reported: boolean;
  picture: RemoteTrack | null;
}

function pictureOf(agent: RemoteParticipant | undefined): RemoteTrack | null {
  const publication =
    agent?.getTrackPublication(Track.Source.Camera) ??
    [...(agent?.videoTrackPublications.values() ?? [])][0];
  return (publication?.track as RemoteTrack | undefined) ?? null;
}

export function useAgent(room: Room, roomOpen: boolean): Agent {
  const participants = useRemoteParticipants({ room, updateOnlyOn: UPDATE_ON });
  // While one takes over from another, both may be there: the one that came last is the one to watch.
  const agent = participants
    .filter(({ kind }) => kind === ParticipantKind.AGENT)
    .sort((one, other) => (other.joinedAt?.getTime() ?? 0) - (one.joinedAt?.getTime() ?? 0))[0];
  const { metadata = '' } = useRoomInfo({ room });
  const present = agent !== undefined;
  const wasPresent = useRef(false);
  const [missingSinceMs, setMissingSinceMs] = useState<number | null>(null);
  useEffect(() => {
    if (present) wasPresent.current = true;
    setMissingSinceMs(present || !roomOpen ? null : Date.now());
  }, [present, roomOpen]);
  const attributes = agent?.attributes ?? {};
  return {
    present,
    wasPresent: present || wasPresent.current,
    missingSinceMs,
    state: attributes['lk.agent.state'],
    aims: attributes[ATTRIBUTES.aims],
    recognition: attributes[ATTRIBUTES.recognition],
    recording: attributes[ATTRIBUTES.recording],
    closing: attributes[ATTRIBUTES.phase] === 'closing',
    reported: !present && metadata.includes('understudy.agent'),
    picture: pictureOf(agent),
  };
}
