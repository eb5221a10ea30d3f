/** The kind of a scene: icon and word. */
import { BriefcaseBusiness, MessageSquare, Users } from 'lucide-react';
import type { Kind } from '../catalogue/filters.ts';
import { useStrings } from '../strings/strings.ts';

const ICONS = { roleplay: Users, interview: BriefcaseBusiness, feedback: MessageSquare };

export function KindLabel({ kind }: { kind: Kind }) {
  const strings = useStrings();
  const Icon = ICONS[kind];
  return (
    <span className="kind">
      <Icon className="icon small" aria-hidden="true" />
      {strings.kinds[kind]}
    </span>
  );
}
