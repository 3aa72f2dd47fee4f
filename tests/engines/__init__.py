"""Independent spreadsheet engines, used as oracles."""
