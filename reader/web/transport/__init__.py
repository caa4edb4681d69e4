"""Connections: DNS, IP policy, proxies, request slots."""
