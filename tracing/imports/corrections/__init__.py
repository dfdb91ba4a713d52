"""Lines that could not be used: held back, corrected one by one or in a workbook, then loaded like any other line."""
