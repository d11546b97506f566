"""Records a performance as a rosbag2 bag with MCAP storage."""
