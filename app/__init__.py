"""A notice board: the application that ships with Treadle, to use as it stands or to replace.

models/        what is stored: boards, posts, comments, tags, attachments
controllers/   what is answered, one module per concern; commands.py for the command line
forms.py       reading and checking what people type
listings.py    posts in lists, without one query per post
uploads.py     files people attach: which kinds, and where they lie; attachments.py their rows
permissions.py what roles may allow, and who sees which administration page
text.py        how text, dates and sizes look in templates
sample.py      a board with people and talk on it, for a first look
"""
