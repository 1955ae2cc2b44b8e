# about: a logger's level and handler

# %%
import logging, sys
log = logging.getLogger("corpus")
log.setLevel(logging.INFO)

# %%
log.addHandler(logging.StreamHandler(sys.stdout))

# %%
log.info("hi")
