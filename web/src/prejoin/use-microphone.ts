/** The microphone of the pre-join page: asking for it, hearing it, and saying plainly why it is not there. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { LevelMeter, type LevelSource } from '../audio/level-meter.ts';

export type MicrophoneTrouble = 'denied' | 'absent' | 'busy' | 'insecure';

export type MicrophoneState =
  | { state: 'off' }
  | { state: 'idle' }
  | { state: 'asking' }
  | { state: 'live'; level: LevelSource; deviceId: string }
  | { state: MicrophoneTrouble };

/** What a refused `getUserMedia` means. `prompt` is true when the browser would ask again. */
export function troubleOf(errorName: string, prompt: boolean): MicrophoneTrouble | 'idle' {
  switch (errorName) {
    case 'NotAllowedError':
    case 'SecurityError':
      return prompt ? 'idle' : 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'absent';
    default:
      return 'busy';
  }
}

async function permission(): Promise<PermissionState | 'unknown'> {
  try {
    return (await navigator.permissions.query({ name: 'microphone' as PermissionName })).state;
  } catch {
    return 'unknown';
  }
}

export interface Microphone {
  microphone: MicrophoneState;
  /** Asks the browser (again). */
  check: () => void;
}

/** Opens the microphone while `wanted`; closes it when not, and when the page goes. */
export function useMicrophone(wanted: boolean, deviceId: string): Microphone {
  const [microphone, setMicrophone] = useState<MicrophoneState>({ state: 'off' });
  const [attempt, setAttempt] = useState(0);
  const stop = useRef<() => void>(() => undefined);

  useEffect(() => {
    if (!wanted) {
      setMicrophone({ state: 'off' });
      return;
    }
    if (!('mediaDevices' in navigator)) {
      setMicrophone({ state: 'insecure' });
      return;
    }
    let current = true;
    setMicrophone({ state: 'asking' });
    const audio = deviceId === '' ? true : { deviceId: { ideal: deviceId } };
    navigator.mediaDevices.getUserMedia({ audio }).then(
      (stream) => {
        const track = stream.getAudioTracks()[0];
        if (!current || track === undefined) {
          stream.getTracks().forEach((one) => one.stop());
          return;
        }
        const level = new LevelMeter(track);
        track.addEventListener('ended', () => setMicrophone({ state: 'absent' }));
        stop.current = () => {
          level.close();
          track.stop();
        };
        setMicrophone({ state: 'live', level, deviceId: track.getSettings().deviceId ?? deviceId });
      },
      async (error: unknown) => {
        const prompt = (await permission()) === 'prompt';
        const name = error instanceof Error ? error.name : '';
        if (current) setMicrophone({ state: troubleOf(name, prompt) });
      },
    );
    return () => {
      current = false;
      stop.current();
      stop.current = () => undefined;
    };
  }, [wanted, deviceId, attempt]);

  // Permission given in the browser's own settings, or a microphone plugged in, is noticed without a press.
  const state = microphone.state;
  useEffect(() => {
    if (state !== 'denied' && state !== 'absent') return;
    if (!('mediaDevices' in navigator)) return;
    const again = () => setAttempt((count) => count + 1);
    if (state === 'absent') {
      navigator.mediaDevices.addEventListener('devicechange', again);
      return () => navigator.mediaDevices.removeEventListener('devicechange', again);
    }
    let status: PermissionStatus | null = null;
    navigator.permissions
      ?.query({ name: 'microphone' as PermissionName })
      .then((found) => {
        status = found;
        status.onchange = () => status?.state === 'granted' && again();
      })
      .catch(() => undefined);
    return () => {
      if (status !== null) status.onchange = null;
    };
  }, [state]);

  const check = useCallback(() => setAttempt((count) => count + 1), []);
  return { microphone, check };
}
