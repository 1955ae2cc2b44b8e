# about: filters that the notebook adds to loggers and to their handlers

# %%
import logging, sys
class Short:
    def __init__(self, most):
        self.most = most
    def filter(self, record):
        return len(record.msg) <= self.most
def loud(record):
    return record.msg.isupper()
log = logging.getLogger("gauge")
log.addHandler(logging.StreamHandler(sys.stdout))
short = Short(5)
log.addFilter(short)

# %%
log.handlers[0].addFilter(loud)

# %%
short.most = 6

# %%
log.error("TOO LONG")
log.error("TOO  7"[:6])
log.error("quiet")

# %%
log.removeFilter(short)
log.filters

# %%
log.error("NOT TOO LONG")
