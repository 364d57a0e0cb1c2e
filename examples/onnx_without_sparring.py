"""Draw from an ONNX file without sparring: python onnx_without_sparring.py mnist.onnx digits.png."""

import sys

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession(sys.argv[1])
latents, labels = session.get_inputs()  # of a generator without classes there are latents alone
rng = np.random.default_rng(0)
inputs = {
    latents.name: rng.standard_normal((100, latents.shape[1]), np.float32),
    labels.name: np.arange(100) % 10,
}
(digits,) = session.run(None, inputs)  # (100, 1, 28, 28), uint8: pictures are decoded already
sheet = digits[:, 0].reshape(10, 10, 28, 28).transpose(0, 2, 1, 3).reshape(280, 280)
Image.fromarray(sheet).save(sys.argv[2])
