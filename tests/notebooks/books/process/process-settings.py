# about: the time zone, limits of the interpreter and of two modules

# %%
import csv, os, socket, sys, time

# %%
os.environ["TZ"] = "Asia/Tokyo"
time.tzset()
sys.set_int_max_str_digits(0)
csv.field_size_limit(10)
socket.setdefaulttimeout(5)

# %%
print(time.strftime("%H %Z", time.localtime(0)), len(str(10**5000)))
print(csv.field_size_limit(), socket.getdefaulttimeout())

# %%
socket.setdefaulttimeout(None)

# %%
print(socket.getdefaulttimeout())
