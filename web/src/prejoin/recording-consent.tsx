/** Asks for a recording. Nothing is ticked beforehand. */
import { Disc } from 'lucide-react';
import { useStrings } from '../strings/strings.ts';

export interface RecordingConsentProps {
  /** Days that a recording is kept. */
  days: number;
  agreed: boolean;
  onAgree: (agreed: boolean) => void;
}

export function RecordingConsent({ days, agreed, onAgree }: RecordingConsentProps) {
  const texts = useStrings().join;
  return (
    <div className="check consent">
      <Disc className="icon" aria-hidden="true" />
      <label htmlFor="record" className="title">
        {texts.record}
      </label>
      <input
        id="record"
        type="checkbox"
        checked={agreed}
        aria-describedby="record-hint"
        data-testid="record"
        onChange={(event) => onAgree(event.target.checked)}
      />
      <p id="record-hint" className="more quietly small-text">
        {texts.recordHint(days)}
      </p>
    </div>
  );
}
