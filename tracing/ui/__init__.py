"""What every page shares: frame, form and table macros, style, script, formats for times and names, error pages.

It depends on Flask and on no feature: no page of a feature is here. The components are described in docs/ui.md.
"""
