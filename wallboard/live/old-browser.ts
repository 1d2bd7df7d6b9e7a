/** What Preact calls and Chromium 63 has not (docs/wallboard.md). Imported before all else. */
if (typeof queueMicrotask !== 'function')
  window.queueMicrotask = (callback: () => void) => {
    void Promise.resolve().then(callback);
  };
export {};
