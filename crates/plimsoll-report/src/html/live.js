// Shows what the events bring: the newest report, and at the end that the test is over.
'use strict';
(() => {
  const report = document.getElementById('report');
  const state = document.getElementById('state');
  const say = (text, kind) => {
    if (state.textContent !== text) state.textContent = text;
    state.className = `live ${kind}`;
  };
  // What the reader has unfolded, and where tables were scrolled to, stays.
  const show = (html) => {
    const folds = () => [...report.querySelectorAll('details')];
    const boxes = () => [...report.querySelectorAll('.scroll, .plot')];
    const key = (element) => element.closest('section')?.querySelector('h2')?.textContent;
    const open = new Set(folds().filter((fold) => fold.open).map(key));
    const places = new Map(boxes().map((box) => [box.getAttribute('aria-label'), [box.scrollLeft, box.scrollTop]]));
    const focus = document.activeElement?.getAttribute('aria-label');
    report.innerHTML = html;
    for (const fold of folds()) fold.open = open.has(key(fold));
    for (const box of boxes()) {
      const name = box.getAttribute('aria-label');
      const place = places.get(name);
      if (place) [box.scrollLeft, box.scrollTop] = place;
      if (focus && focus === name) box.focus({ preventScroll: true });
    }
  };
  const events = new EventSource('events');
  events.addEventListener('report', (event) => {
    show(event.data);
    say('Live: the test is running.', '');
  });
  events.addEventListener('over', (event) => {
    events.close();
    show(event.data);
    say('The test is over. This is its final state.', 'over');
    document.title = document.title.replace(/^running/, 'over');
  });
  events.addEventListener('error', () => {
    if (events.readyState !== EventSource.CLOSED) say('The connection to the test is lost; trying again.', 'lost');
  });
})();
