class PaddedAvgPool2d(nn.Module):
    """The mean over a window, without the padding (left, right, top, bottom)."""

    def __init__(self, kernel_size, stride, padding):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding

    def forward(self, x):
        total = F.avg_pool2d(F.pad(x, self.padding), self.kernel_size, self.stride)
        share = F.avg_pool2d(F.pad(torch.ones_like(x), self.padding), self.kernel_size, self.stride)
        return total / share
