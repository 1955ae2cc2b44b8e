# about: heads of a frame with periods are shown and kept

# %%
import pandas as pd
months = pd.PeriodIndex(["2026-01", "2026-02", "2026-03"], freq="M")
ts = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=months)

# %%
ts.head(2)

# %%
daily = pd.Series(range(3), pd.date_range("2026-01-01", periods=3)).to_period("D")
first, other = ts.head(1), daily.tail(2)

# %%
first.iloc[0, 0] = 9
ts.loc["2026-02", "x"] = 5

# %%
print(first, ts, other, first.index.freq == ts.index.freq)
