/** The recording of a call in its report: how far it is, then the video, its files and its end. */
import { Download, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { RecordingStatus } from '#signaling/api-types.ts';
import { dateTime } from '../format.ts';
import type { KeptSession } from '../storage/my-reports.ts';
import { useStrings } from '../strings/strings.ts';
import { useRecording } from './use-recording.ts';

export function RecordingCard({ session }: { session: KeptSession }) {
  const texts = useStrings().report.recording;
  const { load, remove } = useRecording(session);
  if (load.state === 'gone') return null;
  return (
    <section className="card recording no-print" data-testid="recording" data-state={load.state}>
      <h2>{texts.title}</h2>
      {load.state === 'waiting' ? (
        <div className="composing" role="status">
          <p className="quietly">{texts.waiting}</p>
          <progress max={1} value={load.progress} aria-label={texts.progress} />
        </div>
      ) : null}
      {load.state === 'removed' ? <p role="status">{texts.removed}</p> : null}
      {load.state === 'there' ? (
        <Recorded recording={load.recording} language={session.language} onRemove={remove} />
      ) : null}
    </section>
  );
}

function Recorded({
  recording,
  language,
  onRemove,
}: {
  recording: RecordingStatus;
  language: string;
  onRemove: () => Promise<void>;
}) {
  const texts = useStrings().report.recording;
  const [removeFailed, setRemoveFailed] = useState(false);
  const urlOf = (name: string) => recording.files.find((file) => file.name === name)?.url;
  const video = urlOf('call.mp4');
  const captions = urlOf('call.vtt');
  return (
    <>
      {recording.status === 'failed' ? <p role="alert">{texts.failed}</p> : null}
      {recording.cut ? <p>{texts.cut}</p> : null}
      {video === undefined ? null : (
        <video controls preload="metadata" src={video} data-testid="recorded-video">
          {captions === undefined ? null : (
            <track default kind="captions" src={captions} srcLang={language} />
          )}
        </video>
      )}
      <ul className="row wrap files">
        {recording.files.map(({ name, url }) => (
          <li key={name}>
            <a className="button quiet" href={url} download={name}>
              <Download className="icon small" aria-hidden="true" />
              {texts.files[name] ?? name}
            </a>
          </li>
        ))}
      </ul>
      <div className="row wrap">
        <p className="quietly small-text">{texts.until(dateTime(recording.deletedAt))}</p>
        <button
          type="button"
          className="button quiet"
          onClick={() => {
            setRemoveFailed(false);
            onRemove().catch(() => setRemoveFailed(true));
          }}
          data-testid="delete-recording"
        >
          <Trash2 className="icon small" aria-hidden="true" />
          {texts.remove}
        </button>
        {removeFailed ? <p role="alert">{texts.removeFailed}</p> : null}
      </div>
    </>
  );
}
