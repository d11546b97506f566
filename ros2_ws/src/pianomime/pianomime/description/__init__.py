"""What hands and piano look like and how they hang together: poses, meshes, URDF."""
