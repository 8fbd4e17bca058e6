"""Questions that many rules put to the record and to reference data, of whatever year."""
