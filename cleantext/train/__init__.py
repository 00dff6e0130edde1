"""Training and measuring the line model: corpora, renderings, labels, pages, metrics and the fit itself.

Nothing outside this package imports it, and cleaning text never needs it.  It takes the packages of the
extra ``train``: ``pip install cleantext-lines[train]``.
"""
