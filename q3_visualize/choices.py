"""What the flags of this section offer, by name; apart from what does it, so that --help need not wait for TensorFlow."""

METHODS = ("gradcam", "hirescam", "gradcam++", "layercam", "scorecam", "refinecam")  # of heatmaps.py
INTEGRATED = "integrated"  # of integrated.py, which follows a path
RANGES = ("0..1", "0..255", "-1..1", "imagenet", "caffe")  # of pixels.py
SCORED = 128  # channels that Score-CAM looks through by default, those that vary most
