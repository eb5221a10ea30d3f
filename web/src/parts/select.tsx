/** A native select with our arrow: the keyboard, the phone and the screen reader already know it. */
import { ChevronDown } from 'lucide-react';

export interface SelectOption {
  value: string;
  text: string;
}

export function Select({
  label,
  value,
  options,
  onChange,
}: {
  /** Read out, not shown. */
  label: string;
  value: string;
  options: readonly SelectOption[];
  onChange: (value: string) => void;
}) {
  return (
    <span className="select-wrap">
      <select
        className="select"
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
      <ChevronDown className="icon small" aria-hidden="true" />
    </span>
  );
}
