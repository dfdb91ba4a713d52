"""Several contacts at once: a grid beside the dialog, lines pasted from a mail or a spreadsheet."""
