"""The unit's workbook: layout, live checks, writer, reader."""
