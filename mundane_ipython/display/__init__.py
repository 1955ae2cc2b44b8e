"""What we say under a cell. None of it is stored.

The files, each importing only what stands below it:

    stored_note  what the note under a step's cell says of what was stored
    hints        why a name is not there, on its NameError
    bars         progress of a bundle's bytes and of a map's items
    note_bar     how a bar is drawn: as a note, or a line of a terminal
    notes        the line under a cell
"""
