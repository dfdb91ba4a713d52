"""From the bytes of an opened file to raw lines: workbooks, delimited text, HL7."""
