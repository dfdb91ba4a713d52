"""Parse the bytes of an opened file into raw lines: workbooks, delimited text, HL7."""
