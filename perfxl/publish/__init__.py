"""The official document: records to Word, HTML and Markdown, and published documents back to records."""
