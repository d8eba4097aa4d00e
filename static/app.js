// Two courtesies; without scripts the forms simply work.

// Ask before a form destroys something.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Refuse a file that is too large before it is sent rather than after.
document.addEventListener("change", ({ target }) => {
  if (!target.dataset.maxBytes) return;
  const isTooLarge = [...target.files].some((file) => file.size > target.dataset.maxBytes);
  target.setCustomValidity(isTooLarge ? target.dataset.tooLarge : "");
  target.reportValidity();
});
