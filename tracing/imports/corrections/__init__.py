"""Lines in quarantine: corrected one by one or in a workbook, then loaded like any other line."""
