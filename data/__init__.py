"""The way in: the line data set, MNIST, and their splits. Imports nothing else of this project."""

import os

# Read by OpenCV when it is imported: a small file can claim to be gigabytes of pixels, and what is wrong with a file is
# said by us, in one line.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(1 << 20)
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
