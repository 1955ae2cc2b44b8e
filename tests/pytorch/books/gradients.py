# about: a gradient that one cell computes and another one uses

# %%
import torch
torch.manual_seed(1)
w = torch.randn(3, requires_grad=True)
x = torch.randn(5, 3)

# %%
loss = ((x @ w) ** 2).mean()
loss.backward()
loss = loss.item()
gradient = w.grad

# %%
print(w.grad, gradient is w.grad)

# %%
with torch.no_grad():
    w -= 0.1 * w.grad
    w.grad.zero_()

# %%
print(w, w.grad, gradient)

# %%
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

# %%
net(x).pow(2).mean().backward()

# %%
optimizer.step()
print([p.grad.norm() for p in net.parameters()], net[1].running_mean)

# %%
optimizer.zero_grad()
first = net[0].weight

# %%
with torch.no_grad():
    first.fill_(0.5)

# %%
print(net(x).detach(), optimizer.param_groups[0]["params"][0] is first)
