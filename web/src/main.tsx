/** Entry of the page. */
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/tokens.css';
import './styles/base.css';
import './styles/catalogue.css';
import './styles/prejoin.css';
import './styles/call.css';
import './styles/report.css';
import { applyStoredTheme } from './theme.ts';

applyStoredTheme();

const root = document.getElementById('root');
if (root === null) throw new Error('The document has no #root.');
createRoot(root).render(<App />);
