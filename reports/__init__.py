"""Reports: scores, figures, tables, the PDFs and the web page."""
