/** Which page an address shows. The call, and with it the media library, loads only on the way to one. */
import { Component, lazy, Suspense, type ReactNode } from 'react';
import { CataloguePage } from './catalogue/catalogue-page.tsx';
import { Blank } from './parts/blank.tsx';
import { Link } from './parts/link.tsx';
import { PageFrame } from './parts/page-frame.tsx';
import { PrejoinPage } from './prejoin/prejoin-page.tsx';
import { useRoute, type Route } from './router.ts';
import { en } from './strings/en.ts';
import { useStrings } from './strings/strings.ts';

const CallPage = lazy(() =>
  import('./call/call-page.tsx').then(({ CallPage: page }) => ({ default: page })),
);
const ReportPage = lazy(() =>
  import('./report/report-page.tsx').then(({ ReportPage: page }) => ({ default: page })),
);
const ReportsPage = lazy(() =>
  import('./reports/reports-page.tsx').then(({ ReportsPage: page }) => ({ default: page })),
);
const SignInPage = lazy(() =>
  import('./sign-in/sign-in-page.tsx').then(({ SignInPage: page }) => ({ default: page })),
);
const GalleryPage =
  import.meta.env.MODE === 'gallery'
    ? lazy(() =>
        import('./gallery/gallery-page.tsx').then(({ GalleryPage: page }) => ({ default: page })),
      )
    : null;

export function App() {
  const route = useRoute();
  return (
    <Shield>
      <Suspense fallback={<p className="visually-hidden">{en.app.loading}</p>}>
        <Page route={route} />
      </Suspense>
    </Shield>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.name) {
    case 'catalogue':
      return <CataloguePage />;
    case 'join':
      return <PrejoinPage key={route.scenarioId} scenarioId={route.scenarioId} />;
    case 'call':
      return <CallPage sessionId={route.sessionId} />;
    case 'report':
      return <ReportPage key={route.sessionId} sessionId={route.sessionId} />;
    case 'reports':
      return <ReportsPage />;
    case 'sign-in':
      return <SignInPage />;
    case 'gallery':
      return GalleryPage === null ? <NotFound /> : <GalleryPage state={route.state} />;
    case 'not-found':
      return <NotFound />;
  }
}

function NotFound() {
  const strings = useStrings();
  return (
    <PageFrame title={strings.app.notFoundTitle}>
      <Blank
        level={1}
        title={strings.app.notFoundTitle}
        actions={
          <Link className="button primary" href="/">
            {strings.app.allScenes}
          </Link>
        }
      >
        <p>{strings.app.notFoundBody}</p>
      </Blank>
    </PageFrame>
  );
}

/** A page that broke, or a part of it that could not be loaded, says so instead of going white. */
class Shield extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="page">
        <Blank
          alert
          level={1}
          title={en.app.brokenTitle}
          actions={
            <button type="button" className="button primary" onClick={() => location.reload()}>
              {en.app.reload}
            </button>
          }
        >
          <p>{en.app.brokenBody}</p>
        </Blank>
      </main>
    );
  }
}
