/** What Preact calls and Chromium 63 has not (docs/wallboard.md). Imported before all else. */
const soon = Promise.resolve();

if (typeof queueMicrotask !== 'function')
  window.queueMicrotask = (callback: () => void) => {
    const run = async () => {
      await soon;
      callback();
    };
    void run();
  };
