# about: an __init__ that takes other arguments; cause and context

# %%
import threading
class Failed(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code
class Refused(OSError):
    def __init__(self, host, *, port):
        super().__init__(111, "refused")
        self.host, self.port = host, port
errors = []
try:
    try:
        {}["k"]
    except KeyError as error:
        raise Failed(5, "boo") from error
except Failed as error:
    error.add_note("hm")
    errors.append(error)
try:
    try:
        raise ValueError(threading.Lock())
    except ValueError:
        raise Refused("h", port=3)
except Refused as error:
    errors.append(error)
group = ExceptionGroup("many", errors)

# %%
first, second = group.exceptions
print(first.code, first, first.args, first.__notes__, first.__suppress_context__)
print(repr(first.__cause__), first.__cause__ is first.__context__, first is errors[0])
print(second, second.errno, second.host, second.port, second.__suppress_context__)
