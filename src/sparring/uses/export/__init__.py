"""Give trained players to other programs: ONNX, torch.export, a folder with a model card, the hub."""
