"""Networks that policies are made of: numpy alone, torch or ONNX behind one protocol."""
