"""The monitor: usage and bills -> months -> has the answer changed?"""
