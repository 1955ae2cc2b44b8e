"""Steps as tables, as a timeline and as a page. Nothing here writes to a task file.

The files, each importing only what stands below it:

    command   `mundane report`
    table     `%mundane_steps`: as text, and as HTML in a notebook
    page      the report as one HTML page
    timeline  when each step ran, drawn
    steps     what the extension's tables tell of steps and maps
    html      stored outputs as HTML that runs nothing and loads nothing
"""
