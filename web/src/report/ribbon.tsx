/** The conversation as a ribbon: who spoke when, and where the evidence lies. */
import type { Report } from '#signaling/api-types.ts';
import { axisTime, spokenDuration } from '../format.ts';
import { useStrings } from '../strings/strings.ts';
import { evidenceMarks, timeTicks, turnSpan } from './chart-geometry.ts';

const LEFT = 60;
const WIDTH = 1_104;
const MARK_APART = 28;
const MARK_TOP = 92;
const ROW_HEIGHT = 30;

export function Ribbon({
  report,
  onJump,
}: {
  report: Report;
  onJump: (turnIndex: number) => void;
}) {
  const texts = useStrings().report;
  const lastMs = Math.max(0, ...report.transcript.map((turn) => turn.endMs));
  const durationMs = Math.max(1_000, report.durationMs, lastMs);
  const marks = evidenceMarks(report.criteria, durationMs, LEFT, WIDTH, MARK_APART);
  const rows = Math.max(0, ...marks.map((mark) => mark.row + 1));
  const height = rows === 0 ? 78 : MARK_TOP + rows * ROW_HEIGHT - 8;
  const at = (ms: number) => LEFT + (ms / durationMs) * WIDTH;
  return (
    <section className="card ribbon">
      <h2>{texts.conversation}</h2>
      <div className="scroll" tabIndex={0} role="group" aria-label={texts.timeline}>
        <svg
          viewBox={`0 0 1176 ${height}`}
          role="group"
          aria-label={texts.ribbonLabel(spokenDuration(report.durationMs), marks.length)}
        >
          {timeTicks(durationMs).map((ms) => (
            <g key={ms} aria-hidden="true">
              <line x1={at(ms)} x2={at(ms)} y1="16" y2="74" stroke="var(--line)" />
              <text
                x={at(ms)}
                y="11"
                textAnchor={ms === 0 ? 'start' : at(ms) > 1_150 ? 'end' : 'middle'}
              >
                {axisTime(ms)}
              </text>
            </g>
          ))}
          <text x="0" y="36" aria-hidden="true">
            {texts.them}
          </text>
          <text x="0" y="66" aria-hidden="true">
            {texts.you}
          </text>
          {report.transcript.map((turn) => {
            const span = turnSpan(turn, durationMs, LEFT, WIDTH);
            const theirs = turn.speaker === 'avatar';
            return (
              <rect
                key={turn.index}
                className={theirs ? 'theirs' : 'yours'}
                {...span}
                y={theirs ? 21 : 51}
                height="20"
                rx="3"
                onClick={() => onJump(turn.index)}
              >
                <title>{`${axisTime(turn.startMs)} ${turn.text}`}</title>
              </rect>
            );
          })}
          {marks.map((mark) => {
            const y = MARK_TOP + mark.row * ROW_HEIGHT;
            const jump = () => onJump(mark.turnIndex);
            return (
              <g
                key={`${mark.number}-${mark.atMs}`}
                className="mark-at"
                role="button"
                tabIndex={0}
                aria-label={`${mark.number}. ${mark.title}. ${texts.jumpTo(axisTime(mark.atMs))}`}
                onClick={jump}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' && event.key !== ' ') return;
                  event.preventDefault();
                  jump();
                }}
              >
                <line x1={mark.x} x2={mark.x} y1="72" y2={y - 11} stroke="var(--ink-3)" />
                <circle cx={mark.x} cy={y} r="11" />
                <text x={mark.x} y={y + 4.5} textAnchor="middle">
                  {mark.number}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
    </section>
  );
}
