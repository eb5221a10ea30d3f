/** The microphone's row: which one, how well it hears, or what to do about it. */
import { CircleAlert, Mic, MicOff, RotateCcw } from 'lucide-react';
import { Select } from '../parts/select.tsx';
import { useStrings } from '../strings/strings.ts';
import { LevelBar, LevelWords } from './level-bar.tsx';
import type { MicrophoneState, MicrophoneTrouble } from './use-microphone.ts';

export interface MicrophoneCheckProps {
  microphone: MicrophoneState;
  devices: readonly { deviceId: string; label: string }[];
  chosenId: string;
  onChoose: (deviceId: string) => void;
  onCheck: () => void;
}

export function MicrophoneCheck(props: MicrophoneCheckProps) {
  const { microphone, devices, chosenId, onChoose, onCheck } = props;
  const texts = useStrings().join;
  const trouble: Record<MicrophoneTrouble, [string, string, string[]]> = {
    denied: [texts.deniedShort, texts.deniedTitle, texts.deniedSteps],
    absent: [texts.absentShort, texts.absentTitle, texts.absentSteps],
    busy: [texts.busyShort, texts.busyTitle, texts.busySteps],
    insecure: [texts.insecureShort, texts.insecureTitle, texts.insecureSteps],
  };
  const state = microphone.state;
  const isTrouble = state in trouble;
  const Icon = isTrouble || state === 'off' ? MicOff : Mic;
  return (
    <div className="check" data-testid="microphone-check" data-state={state}>
      <Icon className="icon" aria-hidden="true" />
      <h2 className="title">{texts.microphone}</h2>
      {state === 'live' ? <LevelWords source={microphone.level} /> : null}
      {state === 'off' || state === 'idle' || state === 'asking' ? <span /> : null}
      {isTrouble ? (
        <span className="status bad">
          <CircleAlert className="icon small" aria-hidden="true" />
          {trouble[state as MicrophoneTrouble][0]}
        </span>
      ) : null}
      <div className="more">
        {state === 'off' ? <p className="quietly small-text">{texts.typingChosen}</p> : null}
        {state === 'asking' ? (
          <p className="quietly small-text" role="status">
            {texts.asking}
          </p>
        ) : null}
        {state === 'idle' ? (
          <div className="ask">
            <button type="button" className="button" onClick={onCheck}>
              {texts.askMicrophone}
            </button>
            <p className="quietly small-text">{texts.askMicrophoneHint}</p>
          </div>
        ) : null}
        {state === 'live' ? (
          <>
            <LevelBar source={microphone.level} />
            <Select
              label={texts.chooseMicrophone}
              value={chosenId === '' ? microphone.deviceId : chosenId}
              options={
                devices.length === 0
                  ? [{ value: microphone.deviceId, text: texts.defaultDevice }]
                  : devices.map((device) => ({
                      value: device.deviceId,
                      text: device.label || texts.defaultDevice,
                    }))
              }
              onChange={onChoose}
            />
          </>
        ) : null}
        {isTrouble ? (
          <div className="trouble" role="alert">
            <b>{trouble[state as MicrophoneTrouble][1]}</b>
            <ol>
              {trouble[state as MicrophoneTrouble][2].map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            {state === 'insecure' ? null : (
              <button type="button" className="button" onClick={onCheck}>
                <RotateCcw className="icon" aria-hidden="true" />
                {texts.checkAgain}
              </button>
            )}
          </div>
        ) : null}
      </div>
    </div>
  );
}
