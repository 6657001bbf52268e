"""`impasto collect`: pictures from open collections, with where each one came from.

Each source is one module that turns "fetch me this JSON" into records, so that its form is
tested without a network. One polite client (`client.py`) does all the talking; `gather.py`
joins the two and `ledger.py` remembers, so that the same command goes on where it stopped.
"""
