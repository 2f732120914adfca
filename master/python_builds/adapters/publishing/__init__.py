"""Uploads, records, signatures; what is looked after by hand."""
