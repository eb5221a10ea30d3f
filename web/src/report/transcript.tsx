/** What was said, turn by turn, with evidence and fillers marked. A jump from elsewhere lands on its turn. */
import { useEffect, useMemo, useRef } from 'react';
import type { Report } from '#signaling/api-types.ts';
import { clockTime } from '../format.ts';
import { useStrings } from '../strings/strings.ts';
import { markedPieces, type Piece } from './transcript-marks.ts';

/** More than this is folded at first. */
const SHOWN_AT_FIRST = 14;

export interface Jump {
  turnIndex: number;
  /** Counts jumps, so that the same turn can be visited twice. */
  count: number;
}

function Marked({ pieces }: { pieces: readonly Piece[] }) {
  return pieces.map((piece, index) => {
    const text = piece.filler ? <span className="filler">{piece.text}</span> : piece.text;
    return piece.evidence === null ? (
      <span key={index}>{text}</span>
    ) : (
      <mark key={index} className={piece.evidence}>
        {text}
      </mark>
    );
  });
}

export function Transcript({
  report,
  jump,
  all,
  onAll,
}: {
  report: Report;
  jump: Jump | null;
  all: boolean;
  onAll: (all: boolean) => void;
}) {
  const texts = useStrings().report;
  const list = useRef<HTMLOListElement>(null);
  const evidenceByTurn = useMemo(() => {
    const byTurn = new Map<number, { quote: string; polarity: 'for' | 'against' }[]>();
    for (const { evidence } of report.criteria) {
      for (const one of evidence) {
        byTurn.set(one.turnIndex, [...(byTurn.get(one.turnIndex) ?? []), one]);
      }
    }
    return byTurn;
  }, [report]);
  useEffect(() => {
    if (jump === null) return;
    const turn = list.current?.querySelector<HTMLElement>(`[data-turn="${jump.turnIndex}"]`);
    const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    turn?.scrollIntoView({ block: 'center', behavior: calm ? 'auto' : 'smooth' });
    turn?.focus({ preventScroll: true });
  }, [jump]);
  const turns = all ? report.transcript : report.transcript.slice(0, SHOWN_AT_FIRST);
  return (
    <section className="card section" id="transcript" data-testid="transcript">
      <div className="row apart wrap">
        <h2>{texts.transcript}</h2>
        <span className="legend" aria-hidden="true">
          <span>
            <mark className="for">a</mark>
            {texts.evidenceFor}
          </span>
          <span>
            <mark className="against">a</mark>
            {texts.evidenceAgainst}
          </span>
          <span>
            <span className="filler">um</span>
            {texts.filler}
          </span>
        </span>
      </div>
      {report.transcript.length === 0 ? <p className="quietly">{texts.emptyTranscript}</p> : null}
      <ol className="turns" ref={list}>
        {turns.map((turn) => (
          <li
            key={turn.index}
            className={turn.speaker === 'learner' ? 'turn mine' : 'turn'}
            data-turn={turn.index}
            data-jumped={jump?.turnIndex === turn.index ? jump.count : undefined}
            tabIndex={-1}
          >
            <span className="time">{clockTime(turn.startMs)}</span>
            <span className="who">
              {turn.speaker === 'learner' ? texts.you : report.personaName}
              {turn.typed ? <small>{texts.typed}</small> : null}
            </span>
            <p lang={report.language}>
              <Marked
                pieces={markedPieces(turn.text, evidenceByTurn.get(turn.index) ?? [], turn.fillers)}
              />
              {turn.interrupted ? <small className="cut"> … {texts.cutOff}</small> : null}
            </p>
          </li>
        ))}
      </ol>
      {report.transcript.length > SHOWN_AT_FIRST ? (
        <button
          type="button"
          className="button no-print"
          onClick={() => onAll(!all)}
          aria-expanded={all}
        >
          {all ? texts.showFewer : texts.showAll(report.transcript.length)}
        </button>
      ) : null}
    </section>
  );
}
