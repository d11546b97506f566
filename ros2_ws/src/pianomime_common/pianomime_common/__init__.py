"""What PianoMime's nodes share: conversions, parameters, QoS, running and timing."""
