"""A round's workbooks on their way out: handed out to every unit, sent back with remarks."""
