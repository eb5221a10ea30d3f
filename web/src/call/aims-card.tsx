/** What to aim for, ticked off as it happens. */
import { Circle, CircleCheck } from 'lucide-react';
import type { ScenarioSummary } from '#signaling/api-types.ts';
import { useStrings } from '../strings/strings.ts';

export function AimsCard({
  scenario,
  reached,
}: {
  scenario: ScenarioSummary;
  reached: readonly string[];
}) {
  const texts = useStrings().call;
  return (
    <section className="card aims" data-testid="aims">
      <h2>{texts.aimFor}</h2>
      <ul>
        {scenario.aims.map((aim) => {
          const done = reached.includes(aim.id);
          const Icon = done ? CircleCheck : Circle;
          return (
            <li key={aim.id} className={done ? 'done' : ''} data-state={done ? 'done' : 'open'}>
              <Icon className="icon" aria-hidden="true" />
              <span lang={scenario.language}>{aim.text}</span>
              {done ? <span className="visually-hidden">, {texts.done}</span> : null}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
