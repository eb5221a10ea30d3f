/** Inside the room: LiveKit's hooks on one side, the call view's model and actions on the other. */
import {
  RoomAudioRenderer,
  RoomContext,
  useAudioPlayback,
  useConnectionQualityIndicator,
  useConnectionState,
} from '@livekit/components-react';
import { ConnectionState } from 'livekit-client';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { RecognitionGrade } from '#signaling/api-types.ts';
import { startSession } from '../prejoin/start-session.ts';
import { navigate, pathOf } from '../router.ts';
import { changePreferences, readPreferences } from '../storage/preferences.ts';
import { AvatarVideo } from './avatar-video.tsx';
import { RECONNECT_TRIES, type CallConnection } from './call-connection.ts';
import { UNDO_MS, type CallActions, type CallModel } from './call-model.ts';
import { deriveNotice, deriveStage, networkWord, readAims } from './call-state.ts';
import { CallView } from './call-view.tsx';
import { useAgent } from './use-agent.ts';

/** With an agent here and still no picture, sound alone must do. */
const PICTURE_PATIENCE_MS = 4_000;
/** After the goodbye, this much quiet means that its sound is over. */
const CLOSING_QUIET_MS = 900;
/** A goodbye that never sounds ends the call all the same. */
const CLOSING_PATIENCE_MS = 12_000;
const REGAINED_SHOWN_MS = 3_000;

const isGrade = (value: unknown): value is RecognitionGrade =>
  value === 'none' || value === 'basic' || value === 'full';

export function CallRoom({ connection }: { connection: CallConnection }) {
  const { room, call } = connection;
  const { scenario } = call;
  const snapshot = useSyncExternalStore(connection.subscribe, connection.read);
  const microphone = useSyncExternalStore(
    connection.microphone.subscribe,
    connection.microphone.read,
  );
  const captions = useSyncExternalStore(connection.captions.subscribe, connection.captions.read);
  const roomState = useConnectionState(room);
  const { canPlayAudio, startAudio } = useAudioPlayback(room);
  const { quality } = useConnectionQualityIndicator({ participant: room.localParticipant });
  const agent = useAgent(room, snapshot.phase === 'open');
  const nowMs = useNow();

  const [framed, setFramed] = useState(false);
  const patient = useElapsed(agent.present && !framed, PICTURE_PATIENCE_MS);
  const [ending, setEnding] = useState(false);
  const [typing, setTyping] = useState(call.typing);
  const [typedOnly, setTypedOnly] = useState(call.typing);
  const [sendFailed, setSendFailed] = useState(false);
  const [captionsOn, setCaptionsOn] = useState(() => readPreferences().captions);
  const [shortcutsOn, setShortcutsOn] = useState(() => readPreferences().shortcuts);

  const reconnecting =
    roomState === ConnectionState.Reconnecting || roomState === ConnectionState.SignalReconnecting;
  const stage = deriveStage({
    phase: snapshot.phase,
    reconnecting,
    agentPresent: agent.present,
    agentState: agent.state,
    pictureReady: framed || patient,
  });
  const regained = useAfter(stage === 'reconnecting', REGAINED_SHOWN_MS);
  const recognition = isGrade(agent.recognition) ? agent.recognition : call.recognition;
  useEffect(() => {
    if (recognition !== 'none') return;
    setTyping(true);
    setTypedOnly(true);
  }, [recognition]);

  // The persona said goodbye: once its sound is over, the call ends by itself.
  const quiet = agent.closing && stage !== 'speaking' && stage !== 'reconnecting';
  const saidGoodbye = useElapsed(quiet, CLOSING_QUIET_MS);
  const tooLong = useElapsed(agent.closing, CLOSING_PATIENCE_MS);
  const spoke = useRef(false);
  if (agent.closing && stage === 'speaking') spoke.current = true;
  const over = agent.closing && ((saidGoodbye && spoke.current) || tooLong);
  const undone = useElapsed(ending, UNDO_MS);
  useEffect(() => {
    if (over || (ending && undone)) void connection.end();
  }, [over, ending, undone, connection]);

  const notice = deriveNotice({
    stage,
    phase: snapshot.phase,
    ending,
    closing: quiet && spoke.current,
    audioBlocked: !canPlayAudio,
    microphone: microphone.status,
    agentPresent: agent.present,
    agentWasPresent: agent.wasPresent,
    agentReported: agent.reported,
    withoutAgentMs: agent.missingSinceMs === null ? 0 : nowMs - agent.missingSinceMs,
  });

  const mutedBefore = useRef(false);
  const model: CallModel = {
    scenario,
    stage,
    captions,
    captionsOn,
    microphone: microphone.status,
    level: microphone.level,
    recognition,
    aims: readAims(agent.aims),
    elapsedMs: nowMs - call.startedAtMs,
    network: networkWord(quality, stage),
    notice,
    attempt: snapshot.attempt,
    attempts: RECONNECT_TRIES,
    typing,
    typedOnly,
    sendFailed,
    regained,
    replacement: microphone.replacement,
    shortcutsOn,
    // Whoever agreed is told until the agent says that it does not record.
    recorded: call.recording && agent.recording !== 'off',
  };

  const actions: CallActions = {
    mute: () => {
      const { status } = microphone;
      if ((status === 'on' || status === 'muted') && !ending) {
        connection.setMuted(status === 'on');
      }
    },
    speak: () => {
      setTypedOnly(false);
      setTyping(false);
      connection.setTyping(false);
    },
    type: () => {
      if (!typedOnly) setTyping(!typing);
    },
    send: (text) => {
      room.localParticipant.sendText(text, { topic: 'lk.chat' }).then(
        () => {
          connection.captions.addTyped(text);
          setSendFailed(false);
        },
        () => setSendFailed(true),
      );
    },
    toggleCaptions: () => {
      changePreferences({ captions: !captionsOn });
      setCaptionsOn(!captionsOn);
    },
    toggleShortcuts: () => {
      changePreferences({ shortcuts: !shortcutsOn });
      setShortcutsOn(!shortcutsOn);
    },
    end: () => {
      if (ending || stage === 'ended') return;
      // Nothing was said yet, or nobody is there: nothing to take back.
      if (stage === 'connecting' || !agent.wasPresent) {
        void connection.end();
        return;
      }
      mutedBefore.current = microphone.status !== 'on';
      void connection.microphone.setMuted(true);
      setEnding(true);
    },
    endNow: () => void connection.end(),
    keepTalking: () => {
      setEnding(false);
      if (!mutedBefore.current) void connection.microphone.setMuted(false);
    },
    startAudio: () => void startAudio(),
    tryNow: () => void connection.reopen(),
    leave: () => void connection.end(),
    startOver: () => {
      const goOn = (path: string) => {
        navigate(path, { replace: true });
        void connection.end();
      };
      startSession({
        scenario,
        learnerName: readPreferences().learnerName,
        typing: typedOnly,
        recording: call.recording,
      }).then(
        (sessionId) => goOn(pathOf({ name: 'call', sessionId })),
        () => goOn(pathOf({ name: 'join', scenarioId: scenario.id })),
      );
    },
    useReplacement: () => {
      if (microphone.replacement !== null) {
        void connection.microphone.replace(microphone.replacement.deviceId);
      }
    },
  };

  return (
    <RoomContext value={room}>
      <CallView
        model={model}
        actions={actions}
        picture={
          agent.picture === null ? null : (
            <AvatarVideo
              track={agent.picture}
              shown={framed}
              onFirstFrame={() => setFramed(true)}
            />
          )
        }
      />
      <RoomAudioRenderer volume={ending ? 0 : 1} />
    </RoomContext>
  );
}

/** The time, once a second. */
function useNow(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

/** True once `active` has held for `delayMs` without a break. */
function useElapsed(active: boolean, delayMs: number): boolean {
  const [elapsed, setElapsed] = useState(false);
  useEffect(() => {
    setElapsed(false);
    if (!active) return;
    const timer = setTimeout(() => setElapsed(true), delayMs);
    return () => clearTimeout(timer);
  }, [active, delayMs]);
  return active && elapsed;
}

/** True for `holdMs` after `active` has ended. */
function useAfter(active: boolean, holdMs: number): boolean {
  const [after, setAfter] = useState(false);
  const was = useRef(false);
  useEffect(() => {
    if (active) {
      was.current = true;
      setAfter(false);
      return;
    }
    if (!was.current) return;
    was.current = false;
    setAfter(true);
    const timer = setTimeout(() => setAfter(false), holdMs);
    return () => clearTimeout(timer);
  }, [active, holdMs]);
  return after;
}
