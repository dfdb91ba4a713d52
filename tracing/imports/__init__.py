"""Import of laboratory results: encrypted files are opened, read, decided line by line, and loaded as cases."""
