// Shows what is typed into a password field, on request. The choice appears only if this script runs.
(() => {
  for (const choice of document.querySelectorAll('label[data-show]')) {
    const box = choice.querySelector('input');
    const field = document.getElementById(choice.dataset.show);
    box.addEventListener('change', () => { field.type = box.checked ? 'text' : 'password'; });
    // Browsers remember the text of other fields.
    field.form.addEventListener('submit', () => { field.type = 'password'; });
    choice.hidden = false;
  }
})();
