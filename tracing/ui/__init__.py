"""What every page shares: frame, form and table macros, style, script, words for times and names, refusals shown.

Knows Flask and nothing of the work: no page of a feature lives here. The components are described in docs/ui.md.
"""
