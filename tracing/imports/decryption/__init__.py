"""Open an encrypted file layer by layer, in memory: one module per format (CMS, OpenPGP, age, ZIP, workbook, MIME)."""
