"""The senders of files: how their files are read and which keys open them."""
