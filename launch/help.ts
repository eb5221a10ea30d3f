/** The text of `npm start -- --help`. */
import { describeEnvironment } from '#config/environment.ts';

export function helpText(): string {
  const variables = describeEnvironment()
    .map(({ name, fallback, meaning }) => {
      const shown = fallback === '' ? '' : ` [${fallback}]`;
      return `  ${name}${shown}\n      ${meaning}.`;
    })
    .join('\n');
  return `Understudy: a talking, listening, lip-synced avatar in a LiveKit room.

Usage: npm start [-- OPTIONS]

Installs what is missing, starts the LiveKit server, the agent worker and the page, and prints its address.
Ctrl-C stops all of it.

Options:
  --https      serve HTTPS with a self-signed certificate, so that other machines may use the microphone
               (set HOST=0.0.0.0 and LIVEKIT_NODE_IP to this machine's address too)
  --json       print one line of JSON with the addresses when everything runs
  --help       this text

Ports:
  8080/tcp page and API, 7880/tcp LiveKit signalling, 7881/tcp and 7882/udp LiveKit media, 8081/tcp worker health,
  8091/tcp and 8092/tcp inference runtime

Engines:
  hearing   Whisper tiny.en in the inference runtime, from packages; else PocketSphinx; without Python learners type
  thinking  the scripted persona; LLM_BASE_URL or a running Ollama makes a language model speak
  speaking  flite for English, espeak-ng for Swedish
  face      our own drawn personas

Environment variables [default]:
${variables}
`;
}
