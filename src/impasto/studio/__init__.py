"""`impasto studio`: Impasto in a browser. A thin face over commands, run folders and their files.

Whatever it does is a command in a process of its own, and whatever it shows is read from files, so
a reload, a second tab or a new start of the studio loses nothing. Needs the extra `studio`.
"""
