# about: a level with a name, and one that is switched off

# %%
import logging, sys
logging.basicConfig(level=1, stream=sys.stdout, format="%(levelname)s %(message)s", force=True)

# %%
logging.addLevelName(25, "NOTICE")
logging.disable(logging.DEBUG)

# %%
logging.log(25, "hello")
logging.debug("not shown")

# %%
logging.disable(logging.NOTSET)

# %%
logging.debug("shown")
