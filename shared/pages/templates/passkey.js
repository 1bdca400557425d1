// WebAuthn needs JavaScript, everything else works without it.
(() => {
  const form = document.querySelector('form[data-passkey]');
  const known = window.PublicKeyCredential;
  if (!form || !known || !known.parseRequestOptionsFromJSON) return;
  const creates = form.dataset.passkey === 'create';
  const read = creates ? known.parseCreationOptionsFromJSON : known.parseRequestOptionsFromJSON;
  const problem = form.querySelector('.problem');
  let pending;
  const ask = async (mediation) => {
    pending?.abort();
    pending = new AbortController();
    const options = { publicKey: read.call(known, JSON.parse(form.dataset.options)), signal: pending.signal, mediation };
    const credential = await (creates ? navigator.credentials.create(options) : navigator.credentials.get(options));
    // Extensions replace these functions, and return nothing or objects of their own.
    const json = credential instanceof known && credential.toJSON();
    if (!json?.id || !json.response) throw new TypeError('no passkey');
    form.elements.credential.value = JSON.stringify(json);
    form.submit();
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    problem.hidden = true;
    ask(undefined).catch(() => { problem.hidden = false; });
  });
  form.hidden = false;
  if (creates) form.nextElementSibling.hidden = true;
  // Conditional mediation: the browser offers its passkeys in the email field.
  if (!creates) known.isConditionalMediationAvailable?.().then((can) => can && ask('conditional')).catch(() => {});
})();
