# about: a model, its optimiser and schedule over several cells; one seed

# %%
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

# %%
torch.manual_seed(3)

# %%
x = torch.randn(40, 4)
y = (x @ torch.tensor([1.0, -2.0, 0.5, 3.0]) > 0).float()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 8)
        self.drop = nn.Dropout(0.2)
        self.last = nn.Linear(8, 1)
    def forward(self, x):
        return self.last(self.drop(torch.relu(self.first(x)))).squeeze(-1)

# %%
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True)

# %%
losses = []
def epoch():
    net.train()
    total = 0.0
    for xs, ys in loader:
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(net(xs), ys)
        loss.backward()
        optimizer.step()
        total += loss.item()
    schedule.step()
    losses.append(total)
    return total

# %%
print(epoch())

# %%
print(epoch(), epoch(), schedule.get_last_lr())

# %%
net.eval()
with torch.no_grad():
    right = ((net(x) > 0).float() == y).float().mean()
print(right, losses, torch.rand(2))

# %%
print(epoch(), optimizer.state_dict()["state"][0]["step"])
