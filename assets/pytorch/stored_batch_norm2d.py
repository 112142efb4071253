class StoredBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation by the stored statistics, in training as well."""

    def forward(self, x):
        mean, variance = self.running_mean, self.running_var
        return F.batch_norm(x, mean, variance, self.weight, self.bias, False, eps=self.eps)
