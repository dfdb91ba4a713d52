"""Open an encrypted file layer by layer, in memory: CMS, OpenPGP, age, ZIP, workbook, MIME.

A format is a `Container` in `secrets`, a step of `layers.Layers.take_off`, and a module of its own. `der` and `openssl` only
serve CMS.
"""
