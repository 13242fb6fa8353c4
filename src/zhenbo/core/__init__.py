"""The nouns and the ports of zhenbo; imports nothing of ours."""
