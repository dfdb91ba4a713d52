"""The senders of files: how their files are read (mappings) and which keys open them."""
