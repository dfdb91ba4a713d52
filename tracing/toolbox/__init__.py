"""The toolbox: frequent questions and standing instructions of a site, dated, found while a question is typed."""
