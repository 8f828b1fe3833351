#!/usr/bin/env python3
"""Writes the small reference files of tests/training/parity/parity_test.cpp: make_reference.py FOLDER

The networks, losses, gradients and the optimiser's step are written out here once more, as functions on a table of
tensors in double precision, from the papers' description alone: nothing is shared with the C++ code but PyTorch's
convolutions. Weights follow the fill rule (docs/parity.md), so the files hold none. Needs python3-torch; the results
are part of the repository, so tests do not.
"""
import math
import sys

import torch
import torch.nn.functional as F

CLASSES = 10
LARGEST = 1000  # elements of a gradient or updated tensor that is stored
CLASS_WEIGHTS = [2.22, 1.31, 1.99, 1.13, 1.93, 1.93, 1.0, 1.0, 1.90, 1.98]


class State:
    """Tensors by name, created in the order of a PyTorch state_dict, filled by the rule."""

    def __init__(self):
        self.tensors = {}

    def add(self, name, *shape):
        t, count = len(self.tensors), math.prod(shape)
        s = torch.sin(0.61803398875 * torch.arange(count, dtype=torch.float64) + t).reshape(shape)
        if len(shape) >= 2:
            s = s * math.sqrt(2 / math.prod(shape[1:]))
        elif name.endswith(('running_var', 'weight')):
            s = 1 + 0.25 * s
        else:
            s = 0.1 * s
        self.tensors[name] = s.float().double()

    def conv(self, name, cin, cout, k=3, bias=False):
        self.add(name + '.weight', cout, cin, k, k, k)
        if bias:
            self.add(name + '.bias', cout)

    def deconv(self, name, cin, cout):
        self.add(name + '.weight', cin, cout, 2, 2, 2)
        self.add(name + '.bias', cout)

    def linear(self, name, cin, cout):
        self.add(name + '.weight', cout, cin)
        self.add(name + '.bias', cout)

    def bn(self, name, c):
        for part in ('weight', 'bias', 'running_mean', 'running_var'):
            self.add(f'{name}.{part}', c)
        self.tensors[name + '.num_batches_tracked'] = torch.tensor(0)


class Pass:
    """One evaluation: the layers on the state's tensors; in training it notes the new running statistics."""

    def __init__(self, tensors, training):
        self.t, self.training, self.updated = tensors, training, {}

    def conv(self, name, x, stride=1):
        w = self.t[name + '.weight']
        return F.conv3d(x, w, self.t.get(name + '.bias'), stride, w.shape[-1] // 2)

    def deconv(self, name, x):
        return F.conv_transpose3d(x, self.t[name + '.weight'], self.t[name + '.bias'], 2)

    def bn(self, name, x):
        mean, var = self.t[name + '.running_mean'], self.t[name + '.running_var']
        if self.training:
            n = x.numel() // x.shape[1]
            now = x.mean((0, 2, 3, 4))
            spread = ((x - now.view(1, -1, 1, 1, 1)) ** 2).mean((0, 2, 3, 4))
            self.updated[name + '.running_mean'] = (0.9 * mean + 0.1 * now).detach()
            self.updated[name + '.running_var'] = (0.9 * var + 0.1 * spread * n / (n - 1)).detach()
            self.updated[name + '.num_batches_tracked'] = self.t[name + '.num_batches_tracked'] + 1
            mean, var = now, spread
        scale = self.t[name + '.weight'] / torch.sqrt(var + 1e-5)
        return x * scale.view(1, -1, 1, 1, 1) + (self.t[name + '.bias'] - mean * scale).view(1, -1, 1, 1, 1)


def act(x, slope):
    return torch.where(x > 0, x, slope * x)


class AnatomyNet:
    slope = 0.01
    # name, channels in, channels out, reduction
    stages = [('layer1.0', 28, 30, 15), ('layer1.1', 30, 30, 15), ('layer2.0', 30, 32, 15), ('layer2.1', 32, 32, 15),
              ('layer3.0', 32, 34, 15), ('layer3.1', 34, 34, 15), ('layer4', 66, 32, 16), ('layer5.0', 32, 32, 15),
              ('layer6', 62, 30, 16), ('layer7.0', 30, 30, 15), ('layer8', 58, 28, 16), ('layer9.0', 28, 28, 15)]

    @classmethod
    def state(cls):
        s = State()
        s.conv('conv1', 1, 28)
        s.bn('bn1', 28)
        for name, cin, cout, reduction in cls.stages:
            cls.block_state(s, name, cin, cout, reduction)
        s.deconv('layer10.deconv1', 28, 14)
        cls.block_state(s, 'layer10', 15, 14, None, 3)
        s.conv('layer11.0', 14, CLASSES, bias=True)
        return s.tensors

    @staticmethod
    def block_state(s, name, cin, cout, reduction, shortcut=1):
        s.conv(name + '.conv1', cin, cout)
        s.bn(name + '.bn1', cout)
        s.conv(name + '.conv2', cout, cout)
        s.bn(name + '.bn2', cout)
        if reduction:
            s.linear(name + '.se.fc.0', cout, cout // reduction)
            s.linear(name + '.se.fc.2', cout // reduction, cout)
        if cin != cout:
            s.conv(name + '.downsample.0', cin, cout, shortcut)
            s.bn(name + '.downsample.1', cout)

    @classmethod
    def block(cls, p, name, x):
        y = act(p.bn(name + '.bn1', p.conv(name + '.conv1', x)), cls.slope)
        y = p.bn(name + '.bn2', p.conv(name + '.conv2', y))
        if name + '.se.fc.0.weight' in p.t:
            z = act(y.mean((2, 3, 4)) @ p.t[name + '.se.fc.0.weight'].T + p.t[name + '.se.fc.0.bias'], cls.slope)
            z = torch.sigmoid(z @ p.t[name + '.se.fc.2.weight'].T + p.t[name + '.se.fc.2.bias'])
            y = y * z[:, :, None, None, None]
        if name + '.downsample.0.weight' in p.t:
            x = p.bn(name + '.downsample.1', p.conv(name + '.downsample.0', x))
        return act(y + x, cls.slope)

    @classmethod
    def forward(cls, p, image):
        half = act(p.bn('bn1', p.conv('conv1', image, 2)), cls.slope)
        x = half
        kept = {}
        for name, *_ in cls.stages:
            skip = {'layer4': 'layer2.1', 'layer6': 'layer1.1'}.get(name)
            if skip:
                x = torch.cat([x, kept[skip]], 1)
            if name == 'layer8':
                x = torch.cat([x, half], 1)
            kept[name] = x = cls.block(p, name, x)
        x = cls.block(p, 'layer10', torch.cat([p.deconv('layer10.deconv1', x), image], 1))
        return p.conv('layer11.0', x)


class PlainUNet:
    """One down-sampling; ReLU; the skip stands first in each concatenation."""
    # name of the pair of convolutions, channels in, out
    pairs = [('down1.mpconv.0.conv', 1, 32), ('down2.mpconv.0.conv', 32, 40), ('down3.mpconv.0.conv', 40, 48),
             ('down4.mpconv.0.conv', 48, 56), ('up1.conv.conv', 56 + 48, 48), ('up2.conv.conv', 48 + 40, 40),
             ('up3.conv.conv', 40 + 32, 32)]

    @classmethod
    def state(cls):
        s = State()
        for name, cin, cout in cls.pairs:
            s.conv(name + '.0', cin, cout)
            s.bn(name + '.1', cout)
            s.conv(name + '.3', cout, cout)
            s.bn(name + '.4', cout)
        s.deconv('up4.up', 32, 16)
        s.conv('up4.conv.conv.0', 17, 16, bias=True)
        s.bn('up4.conv.conv.1', 16)
        s.conv('up4.conv.conv.3', 16, CLASSES, bias=True)
        return s.tensors

    @classmethod
    def forward(cls, p, image):
        kept, x = [], image
        for i, (name, *_) in enumerate(cls.pairs):
            if name.startswith('up'):
                x = torch.cat([kept[6 - i], x], 1)
            x = act(p.bn(name + '.1', p.conv(name + '.0', x, 2 if i == 0 else 1)), 0)
            x = act(p.bn(name + '.4', p.conv(name + '.3', x)), 0)
            kept.append(x)
        x = torch.cat([image, p.deconv('up4.up', x)], 1)
        x = act(p.bn('up4.conv.conv.1', p.conv('up4.conv.conv.0', x)), 0)
        return p.conv('up4.conv.conv.3', x)


def losses(p, labels, mw):
    """The six losses by explicit one-hot sums. p: C x D x H x W, mw: the classes' m w."""
    g = torch.stack([(labels == c).double() for c in range(CLASSES)])

    def total(x):
        return x.sum((1, 2, 3))

    tp, fn, fp = total(p * g), total((1 - p) * g), total(p * (1 - g))
    dice = tp / (tp + 0.5 * fn + 0.5 * fp + 1e-5)
    focal_tp = total(p * g * (1 - p) ** 2)
    v = 1 / (total(g) ** 2 + 1e-5)
    return {
        'dice_masked': mw.sum() - (mw * dice).sum(),
        'focal_masked': -(mw * total(g * (1 - p) ** 2 * p.clamp(1e-6, 1).log())).sum() / labels.numel(),
        'focal_dice_masked': 1.6 * (mw.sum() - (mw * focal_tp / (focal_tp + 0.5 * fp + 0.5 * fn + 1e-5)).sum()),
        'cross_entropy_masked': -(mw * total(g * p.clamp_min(1e-6).log()) / (total(g) + 1e-6)).sum() / CLASSES,
        'exp_log_masked': (mw * (-dice.clamp(1e-5, 1 - 1e-5).log()) ** 0.3).sum() / mw.sum().clamp(1e-5, 1000),
        'generalised_dice_masked': 1 - 2 * (v * tp * mw).sum() / (v * (total(p) + total(g)) + 1e-5).sum(),
    }


def reference(network, size, seed):
    random = torch.Generator().manual_seed(seed)
    state = network.state()
    image = torch.rand((1, 1, *size), generator=random)
    labels = torch.randint(0, CLASSES, size, generator=random)
    flags = torch.ones(1, CLASSES)
    flags[0, [0, 2, 5]] = 0  # organs 2 and 5 are not annotated, so the background counts for nothing
    weights = torch.tensor(CLASS_WEIGHTS)

    logits = network.forward(Pass(state, False), image.double())
    out = {'input': image, 'eval_logits': logits, 'eval_softmax': logits.softmax(1), 'labels': labels.float(),
           'flags': flags, 'class_weights': weights}

    learned = {k: v.requires_grad_() for k, v in state.items() if v.is_floating_point() and 'running' not in k}
    training = Pass(state, True)
    p = network.forward(training, image.double()).softmax(1)
    out['train_softmax'] = p
    found = losses(p[0], labels, (flags[0] * weights).double())
    out |= {'loss/' + name: value.reshape(1) for name, value in found.items()}

    gradients = dict(zip(learned, torch.autograd.grad(found['dice_masked'], list(learned.values()))))
    for name, g in gradients.items():
        if g.numel() <= LARGEST:
            out['grad_of_dice/' + name] = g
    for name, value in state.items():
        if name in gradients:
            g = gradients[name]
            value = value - 2e-3 * g / (torch.sqrt(0.01 * g * g) + 1e-8)  # RMSprop's first step, smoothing 0.99
        else:
            value = training.updated[name]
        if value.numel() <= LARGEST:
            out['after_one_rmsprop_step/' + name] = value
    return {k: (v.detach().float() if v.is_floating_point() else v).clone() for k, v in out.items()}


if __name__ == '__main__':
    for file, network, size, seed in (('AnatomyNet-small.pt', AnatomyNet, (8, 12, 6), 1),
                                      ('baseline-small.pt', PlainUNet, (4, 10, 6), 2)):
        torch.save(reference(network, size, seed), f'{sys.argv[1]}/{file}')
