// The only script of these pages. A passkey is asked for by nothing but a script; everything else works without one.
(() => {
  const form = document.querySelector('form[data-passkey]');
  const known = window.PublicKeyCredential;
  if (!form || !known || !known.parseRequestOptionsFromJSON) return;
  const makes = form.dataset.passkey === 'create';
  const read = makes ? known.parseCreationOptionsFromJSON : known.parseRequestOptionsFromJSON;
  const problem = form.querySelector('.problem');
  let waiting;
  const ask = async (mediation) => {
    waiting?.abort();
    waiting = new AbortController();
    const options = { publicKey: read.call(known, JSON.parse(form.dataset.options)), signal: waiting.signal, mediation };
    const credential = await (makes ? navigator.credentials.create(options) : navigator.credentials.get(options));
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    problem.hidden = true;
    ask(undefined).catch(() => { problem.hidden = false; });
  });
  form.hidden = false;
  // A browser offers the passkeys it has where the address is typed.
  if (!makes) known.isConditionalMediationAvailable?.().then((can) => can && ask('conditional')).catch(() => {});
})();
