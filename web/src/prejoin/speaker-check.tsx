/** The speaker's row: which one, and two notes to hear it by. */
import { Play, Volume2 } from 'lucide-react';
import { useState } from 'react';
import { playChime } from '../audio/chime.ts';
import { Select } from '../parts/select.tsx';
import { useStrings } from '../strings/strings.ts';

type Test = 'untested' | 'playing' | 'played' | 'failed';

export interface SpeakerCheckProps {
  devices: readonly { deviceId: string; label: string }[];
  chosenId: string;
  onChoose: (deviceId: string) => void;
}

export function SpeakerCheck({ devices, chosenId, onChoose }: SpeakerCheckProps) {
  const texts = useStrings().join;
  const [test, setTest] = useState<Test>('untested');
  const play = () => {
    setTest('playing');
    playChime(chosenId).then(
      () => setTest('played'),
      () => setTest('failed'),
    );
  };
  const words = {
    untested: texts.notTested,
    playing: texts.playing,
    played: texts.heardIt,
    failed: texts.testFailed,
  };
  return (
    <div className="check" data-testid="speaker-check" data-state={test}>
      <Volume2 className="icon" aria-hidden="true" />
      <h2 className="title">{texts.speaker}</h2>
      <span className={test === 'failed' ? 'status bad' : 'status'} role="status">
        {words[test]}
      </span>
      <div className="more pair">
        <Select
          label={texts.chooseSpeaker}
          value={devices.some((device) => device.deviceId === chosenId) ? chosenId : ''}
          options={[
            { value: '', text: texts.defaultDevice },
            ...devices
              .filter((device) => device.deviceId !== 'default')
              .map((device) => ({ value: device.deviceId, text: device.label || texts.speaker })),
          ]}
          onChange={onChoose}
        />
        <button type="button" className="button" onClick={play} disabled={test === 'playing'}>
          <Play className="icon small" aria-hidden="true" />
          {texts.playTest}
        </button>
      </div>
    </div>
  );
}
