"""zhenbo 真播: tells real viewers, engagement and sales in live commerce from bought ones."""

__version__ = "0.1.0"
