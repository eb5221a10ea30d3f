/** Entry of the page. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/base-parts.css';
import './styles/base-sizes.css';
import './styles/catalogue.css';
import './styles/prejoin.css';
import './styles/call.css';
import './styles/call-captions.css';
import './styles/call-sizes.css';
import './styles/report.css';
import './styles/report-charts.css';
import './styles/report-sizes.css';
import './styles/recording.css';
import './styles/sign-in.css';
import { readTab, writeTab } from './storage/browser-storage.ts';
import { applyStoredTheme } from './theme.ts';

applyStoredTheme();

// The server was updated under an open page: its old parts are gone, so the page starts anew, once.
const RELOADED = 'understudy.reloaded';
window.addEventListener('vite:preloadError', (event) => {
  const lastMs = Number(readTab(RELOADED) ?? 0);
  if (Date.now() - lastMs < 60_000) return;
  event.preventDefault();
  writeTab(RELOADED, Date.now());
  location.reload();
});

const root = document.getElementById('root');
if (root === null) throw new Error('The document has no #root.');
createRoot(root).render(<App />);
