/** How the learner spoke: talk share, pace, fillers, pauses, questions. Each chart says in words what it shows. */
import type { ReactNode } from 'react';
import type { Report } from '#signaling/api-types.ts';
import { axisTime, percentPair, secondsText, shortNumber } from '../format.ts';
import { useStrings } from '../strings/strings.ts';
import { dotPile, EASY_PACE, pacePlot, pauseScaleMs } from './chart-geometry.ts';

const WIDTH = 348;

function Chart({
  title,
  figure,
  unit,
  children,
}: {
  title: string;
  figure?: string | undefined;
  unit?: string | undefined;
  children: ReactNode;
}) {
  return (
    <section className="card chart">
      <div className="head">
        <h3>{title}</h3>
        {figure === undefined ? null : (
          <span className="figure">
            {figure}
            {unit === undefined ? null : <small> {unit}</small>}
          </span>
        )}
      </div>
      {children}
    </section>
  );
}

export function TalkShare({ report }: { report: Report }) {
  const texts = useStrings().report;
  const share = report.talk.learnerShare;
  if (share === null) {
    return (
      <Chart title={texts.talkShare}>
        <p>{texts.nobodySpoke}</p>
      </Chart>
    );
  }
  const [you, them] = percentPair(share);
  const split = Math.min(WIDTH - 6, Math.max(6, share * WIDTH));
  return (
    <Chart title={texts.talkShare} figure={`${you}%`}>
      <svg viewBox={`0 -6 ${WIDTH} 54`} role="img" aria-label={texts.talkLabel(you, them)}>
        <rect className="yours" x="0" y="0" width={split - 2} height="22" rx="5" />
        <rect
          className="theirs"
          x={split + 2}
          y="0"
          width={WIDTH - split - 2.75}
          height="22"
          rx="5"
        />
        <line
          x1={WIDTH / 2}
          x2={WIDTH / 2}
          y1="-5"
          y2="28"
          stroke="var(--ink)"
          strokeWidth="2"
          strokeDasharray="3 3"
        />
        <text x="0" y="44">
          {texts.youPercent(you)}
        </text>
        <text x={WIDTH / 2} y="44" textAnchor="middle">
          {texts.half}
        </text>
        <text x={WIDTH} y="44" textAnchor="end">
          {texts.percentOf(report.personaName, them)}
        </text>
      </svg>
      <p>{texts.interruptions(report.interruptions.byLearner)}</p>
    </Chart>
  );
}

export function Pace({ report }: { report: Report }) {
  const texts = useStrings().report;
  const { wordsPerMinute, series } = report.pace;
  if (wordsPerMinute === null) {
    return (
      <Chart title={texts.pace}>
        <p>{texts.paceNone}</p>
      </Chart>
    );
  }
  const plot = pacePlot(series, report.durationMs, { left: 30, width: 312, top: 20, height: 76 });
  const peak = plot.points[plot.peak];
  return (
    <Chart
      title={texts.pace}
      figure={String(Math.round(wordsPerMinute))}
      unit={texts.wordsPerMinute}
    >
      {plot.points.length < 2 || peak === undefined ? null : (
        <svg
          viewBox={`0 0 ${WIDTH} 122`}
          role="img"
          aria-label={texts.paceLabel(Math.round(peak.wordsPerMinute))}
        >
          <rect
            className="easy"
            x="30"
            y={plot.bandTop}
            width="318"
            height={plot.bandBottom - plot.bandTop}
            rx="4"
          />
          <text x="0" y={plot.bandTop + 5}>
            {EASY_PACE.to}
          </text>
          <text x="0" y={plot.bandBottom + 4}>
            {EASY_PACE.from}
          </text>
          <polyline
            className="line"
            points={plot.points.map(({ x, y }) => `${x},${y}`).join(' ')}
          />
          {plot.points.map(({ x, y }, index) => (
            <circle
              key={x}
              className={index === plot.peak ? 'point peak' : 'point'}
              cx={x}
              cy={y}
              r={index === plot.peak ? 5 : 3}
            />
          ))}
          <text
            className="strong"
            x={Math.min(334, Math.max(44, peak.x))}
            y={Math.max(10, peak.y - 11)}
            textAnchor="middle"
          >
            {Math.round(peak.wordsPerMinute)}
          </text>
          <text x="30" y="118">
            0:00
          </text>
          <text x={WIDTH} y="118" textAnchor="end">
            {axisTime(report.durationMs)}
          </text>
        </svg>
      )}
      <p>{texts.paceNote}</p>
    </Chart>
  );
}

const FILLER_ROWS = 5;
const FILLER_DOTS = 10;

export function Fillers({ report }: { report: Report }) {
  const texts = useStrings().report;
  const { total, perMinute, words } = report.fillers;
  if (total === 0) {
    return (
      <Chart title={texts.fillers} figure="0">
        <p>{texts.fillersNone}</p>
      </Chart>
    );
  }
  const shown = [...words].sort((a, b) => b.count - a.count).slice(0, FILLER_ROWS);
  const label = shown.map(({ word, count }) => `${word} ${count}`).join(', ');
  return (
    <Chart
      title={texts.fillers}
      figure={String(total)}
      unit={perMinute === null ? undefined : texts.perMinute(shortNumber(perMinute))}
    >
      <svg
        viewBox={`0 0 ${WIDTH} ${shown.length * 26}`}
        role="img"
        aria-label={texts.fillersLabel(label)}
      >
        {shown.map(({ word, count }, row) => (
          <g key={word}>
            <text className="word" x="0" y={row * 26 + 16}>
              {word}
            </text>
            {Array.from({ length: Math.min(count, FILLER_DOTS) }, (_, n) => (
              <circle key={n} className="yours" cx={92 + n * 22} cy={row * 26 + 12} r="7" />
            ))}
            <text className="strong" x={WIDTH} y={row * 26 + 16} textAnchor="end">
              {count}
            </text>
          </g>
        ))}
      </svg>
    </Chart>
  );
}

/** Answers after 0.3 to 2.5 s read as attentive: neither cutting in nor lost. */
const ATTENTIVE_MS = { from: 300, to: 2_500 } as const;

export function Pauses({ report }: { report: Report }) {
  const texts = useStrings().report;
  const { medianMs, valuesMs } = report.responseTimes;
  if (medianMs === null || valuesMs.length === 0) {
    return (
      <Chart title={texts.pause}>
        <p>{texts.pauseNone}</p>
      </Chart>
    );
  }
  const scaleMs = pauseScaleMs(valuesMs);
  const inner = WIDTH - 16;
  const x = (ms: number) => 8 + (Math.min(ms, scaleMs) / scaleMs) * inner;
  const dots = dotPile(valuesMs, scaleMs, inner, 13);
  const levels = Math.max(3, ...dots.map((dot) => dot.level + 1));
  const floor = levels * 13 + 4;
  const seconds = Array.from({ length: scaleMs / 1_000 + 1 }, (_, n) => n).filter(
    (n) => scaleMs <= 5_000 || n % 2 === 0,
  );
  return (
    <Chart title={texts.pause} figure={secondsText(medianMs)}>
      <svg
        viewBox={`0 0 ${WIDTH} ${floor + 24}`}
        role="img"
        aria-label={texts.pauseLabel(secondsText(medianMs), valuesMs.length)}
      >
        <rect
          className="easy"
          x={x(ATTENTIVE_MS.from)}
          y="0"
          width={x(ATTENTIVE_MS.to) - x(ATTENTIVE_MS.from)}
          height={floor}
        />
        <line x1="0" x2={WIDTH} y1={floor} y2={floor} stroke="var(--control)" strokeWidth="1.5" />
        <line
          x1={x(medianMs)}
          x2={x(medianMs)}
          y1="0"
          y2={floor}
          stroke="var(--ink)"
          strokeWidth="2"
        />
        {dots.map((dot, index) => (
          <circle
            key={index}
            className="yours"
            cx={8 + dot.x}
            cy={floor - 8 - dot.level * 13}
            r="5.5"
          />
        ))}
        {seconds.map((n) => (
          <text
            key={n}
            x={x(n * 1_000)}
            y={floor + 18}
            textAnchor={n === 0 ? 'start' : n * 1_000 === scaleMs ? 'end' : 'middle'}
          >
            {n} s
          </text>
        ))}
      </svg>
      <p>{texts.pauseNote}</p>
    </Chart>
  );
}

export function Questions({ report }: { report: Report }) {
  const texts = useStrings().report;
  const { asked, examples } = report.questions;
  return (
    <Chart title={texts.questions} figure={String(asked)}>
      {asked === 0 ? (
        <p>{texts.questionsNone}</p>
      ) : (
        <ul className="examples" lang={report.language}>
          {examples.slice(0, 3).map((example) => (
            <li key={example}>“{example}”</li>
          ))}
        </ul>
      )}
    </Chart>
  );
}
