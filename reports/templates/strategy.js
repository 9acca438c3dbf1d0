"use strict";
// The document reads without this. With it, reasons open beside the text, and tables can be filtered.

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#reason-"]');
  const reason = link && document.getElementById(link.hash.slice(1));
  if (!reason || !reason.showPopover) return;
  event.preventDefault();
  reason.showPopover();
  reason.focus();
});

for (const table of document.querySelectorAll("table[data-filter]")) {
  const label = document.createElement("label");
  const field = document.createElement("input");
  label.className = "filter";
  label.textContent = table.dataset.filter;
  field.type = "search";
  label.append(field);
  table.parentElement.before(label);
  field.addEventListener("input", () => {
    const sought = field.value.toLocaleLowerCase();
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.textContent.toLocaleLowerCase().includes(sought);
    }
  });
}
