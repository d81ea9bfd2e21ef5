/** One page without any other file: the lamps, as they are now. */
export const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>my-app</title>
    <style>
      body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 30rem; padding: 0 1rem; }
      li { align-items: center; display: flex; gap: 1rem; padding: 0.4rem 0; }
      button { font: inherit; margin-left: auto; }
      [role='status'] { color: #666; }
    </style>
  </head>
  <body>
    <h1>Lamps</h1>
    <p role="status">Connecting...</p>
    <ul></ul>
    <script type="module">
      const status = document.querySelector('[role=status]');
      const list = document.querySelector('ul');
      const rows = new Map();

      function row(lamp) {
        if (!rows.has(lamp)) {
          const item = document.createElement('li');
          const text = document.createElement('span');
          const button = document.createElement('button');
          item.append(text, button);
          list.append(item);
          rows.set(lamp, { text, button });
        }
        return rows.get(lamp);
      }

      async function order(lamp, on) {
        const response = await fetch('/lamps/' + encodeURIComponent(lamp), {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ on }),
        });
        if (!response.ok) status.textContent = await response.text();
      }

      const events = new EventSource('/events');
      events.addEventListener('open', () => { status.textContent = 'Live.'; });
      events.addEventListener('error', () => { status.textContent = 'The connection is lost; trying again.'; });
      events.addEventListener('lamp', ({ data }) => {
        const { lamp, on } = JSON.parse(data);
        const { text, button } = row(lamp);
        text.textContent = lamp + ' is ' + (on ? 'on' : 'off');
        button.textContent = on ? 'Switch off' : 'Switch on';
        button.onclick = () => order(lamp, !on);
      });
    </script>
  </body>
</html>
`;
